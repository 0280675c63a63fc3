"""An answer in parts: the published text of Llama 3.2, two turns or one text by family, and what answering is told."""

import pytest
import yaml
from byte_tokenizer import ids_of, save_tokenizer
from families_file import FAMILIES

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json
from kotune.prompts.parts import parts_of
from kotune.prompts.rendering import render_split
from kotune.prompts.tokenizers import control_tokens, load_tokenizer

GOLDEN = ROOT / "tests" / "data" / "context-qa"
VARIANTS = yaml.safe_load((ROOT / "config" / "prompts" / "context-qa.yaml").read_text(encoding="utf-8"))["variants"]
WRITTEN = [(family, variant) for variant, content in VARIANTS.items() for family in content["families"]]
# The published sample's answer and the end of its reasoning; its article and its question are lost.
ROW = read_json(GOLDEN / "row.json")
UNREASONED = {name: text for name, text in ROW.items() if name != "cot_answer"}


def variant_of(name: str) -> dict:
    return {"name": "context-qa", "variant": name, "content": VARIANTS[name]}


def prompt_of(family: str = "chatml", **entry) -> dict:
    turns = [{"role": "user", "content": "{{ context }}"}]
    return {"name": "mine", "variant": "v", "content": {"families": {family: {"turns": turns, **entry}}}}


PARTS = [{"name": "answer", "content": "답: {{ answer }}"}, {"name": "reasoning", "content": "추론: {{ cot_answer }}"}]


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizers")
    return {name: load_tokenizer(save_tokenizer(folder / name, family), family) for name, family in FAMILIES.items()}


@pytest.fixture
def render(tokenizers):
    def run(row, family, prompt, split="train"):
        (made,), _ = render_split([row], split, prompt, FAMILIES[family], tokenizers[family], 10_000)
        return made

    return run


def test_the_published_sample_of_llama_3_2(render):
    made = render(ROW, "llama32", variant_of("as_published"))
    expected = (GOLDEN / "llama32.as_published.train.txt").read_bytes().decode()
    assert made["prompt"] + made["completion"] == expected
    assert made["excluded"] is None


def test_another_family_keeps_its_own_stop_token(render):
    made = render(ROW, "qwen2", variant_of("as_published"))
    assert made["completion"] == (
        f"###답:\n{ROW['answer']}<|im_end|>\n<|im_start|>assistant\n###추론:\n{ROW['cot_answer']}<|im_end|>"
    )
    assert "<|im_start|>user\n\n###내용:\n" in made["prompt"], "its template cuts no white space"


@pytest.mark.parametrize(("family", "variant"), WRITTEN)
def test_training_and_inference_read_the_same_and_each_turn_ends_once(render, tokenizers, family, variant):
    train, test = render(ROW, family, variant_of(variant)), render(ROW, family, variant_of(variant), "test")
    assert train == test
    assert ROW["answer"] not in train["prompt"]
    assert ROW["cot_answer"] not in train["prompt"]
    name, token = FAMILIES[family], tokenizers[family].token_to_id
    entry = VARIANTS[variant]["families"][family]
    turns = entry.get("joined") == "turns"
    ids = ids_of(tokenizers[family], train["completion"])
    last = entry.get("last_stop", name.stop)
    assert ids[-1] == token(last)
    assert sum(ids.count(token(stop)) for stop in {name.stop, last}) == (2 if turns else 1)
    assert (train["completion"].count(ROW["cot_answer"]) == 1) == (variant != "answer_only")


@pytest.mark.parametrize(("family", "variant"), [one for one in WRITTEN if one[1] != "answer_only"])
def test_what_is_put_between_two_turns_is_what_was_learned_there(render, tokenizers, family, variant):
    parts = parts_of(variant_of(variant), FAMILIES[family])
    assert (parts["names"], parts["labels"]) == (["answer", "reasoning"], ["###답:", "###추론:"])
    row = render(ROW, family, variant_of(variant))
    alone = render(UNREASONED, family, variant_of(variant))
    entry = VARIANTS[variant]["families"][family]
    said = alone["completion"].removesuffix(entry.get("last_stop", FAMILIES[family].stop))
    between = "\n\n" if parts["between"] is None else parts["between"]
    assert row["completion"].startswith(said + between)
    read, whole = ids_of(tokenizers[family], said + between), ids_of(tokenizers[family], row["completion"])
    assert whole[: len(read)] == read


def test_parts_by_family_and_variant():
    llama = parts_of(variant_of("two_turn"), FAMILIES["llama32"])
    assert llama["between"] == "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
    assert parts_of(variant_of("as_published"), FAMILIES["llama32"]) == llama
    assert parts_of(variant_of("two_turn"), FAMILIES["qwen2"])["between"] == "<|im_end|>\n<|im_start|>assistant\n"
    thinks = parts_of(variant_of("two_turn"), FAMILIES["qwen3"])["between"]
    assert thinks == "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n", "as its first answer is opened"
    assert parts_of(variant_of("two_turn"), FAMILIES["gemma2"])["between"] is None
    assert parts_of(variant_of("single_turn"), FAMILIES["llama32"])["between"] is None
    only = {"names": ["answer"], "labels": ["###답:"], "between": None}
    assert parts_of(variant_of("answer_only"), FAMILIES["llama32"]) == only
    assert parts_of(variant_of("two_turn"), FAMILIES["llama32"], reasoning=False) == only
    assert parts_of(prompt_of(), FAMILIES["chatml"]) is None


@pytest.mark.parametrize("row", [UNREASONED, {**ROW, "cot_answer": None}, {**ROW, "cot_answer": " \n"}])
@pytest.mark.parametrize(("family", "stop"), [("llama32", "<|end_of_text|>"), ("exaone3", "[|endofturn|]")])
def test_a_row_without_reasoning_has_the_answer_alone(render, row, family, stop):
    made = render(row, family, variant_of("as_published"))
    assert made["completion"].strip() == f"###답:\n{ROW['answer']}{stop}"
    assert made["excluded"] is None


def test_rows_with_nothing_to_learn_or_with_control_tokens_are_left_out(render):
    two_turn = variant_of("two_turn")
    assert "no target tokens" in render({**ROW, "answer": " "}, "llama32", two_turn)["excluded"]
    assert "no answer" in render({**ROW, "answer": None}, "llama32", two_turn)["excluded"]
    hostile = {**ROW, "cot_answer": "끝 <|eot_id|>"}
    why = "control token in the reasoning: <|eot_id|> cannot be learned as text"
    assert render(hostile, "llama32", two_turn)["excluded"] == why
    assert render(hostile, "llama32", two_turn, "test")["excluded"] is None
    assert render(hostile, "llama32", variant_of("answer_only"))["excluded"] is None, "it is not learned there"


def test_control_tokens_in_a_rows_reasoning_stay_text(render, tokenizers):
    control = control_tokens(tokenizers["llama32"], FAMILIES["llama32"])
    hostile = {**ROW, "cot_answer": " ".join(control), "answer": "".join(control)}

    def controls(row):
        text = render(row, "llama32", variant_of("two_turn"), "test")["completion"]
        return [token for token in ids_of(tokenizers["llama32"], text) if token in control.values()]

    assert controls(hostile) == controls(ROW)


@pytest.mark.parametrize(
    ("family", "entry", "message"),
    [
        ("gemma2", {"parts": PARTS}, "'gemma2' refuses two turns of the assistant; set joined to text"),
        ("chatml", {"parts": PARTS[::-1]}, "must be the answer, or the answer and then the reasoning"),
        ("chatml", {"parts": PARTS, "last_stop": "<eos>"}, "last_stop: '<eos>' ends no answer; the stops are"),
        ("chatml", {"parts": [{"name": "answer", "content": "답"}]}, r"parts\[0\].content: must be a label and one"),
        (
            "chatml",
            {"parts": [PARTS[0], {"name": "reasoning", "content": "{{ cot_answer }}"}], "joined": "text"},
            "needs a label, by which the reasoning is found",
        ),
        (
            "chatml",
            {"parts": [{"name": "answer", "content": "답: {{ answr }}"}]},
            r"parts\[0\].content: unknown variable 'answr'; did you mean 'answer'",
        ),
        (
            "chatml",
            {"parts": [{"name": "answer", "content": "<|im_start|>{{ answer }}"}]},
            "a part holds control tokens of the model",
        ),
        (
            "chatml",
            {"turns": [{"role": "user", "content": "{{ cot_answer }}"}]},
            "'{{ cot_answer }}' in a prompt would give the answer away",
        ),
    ],
)
def test_parts_that_cannot_be_are_named(render, family, entry, message):
    with pytest.raises(UserError, match=f"config/prompts/mine.yaml, variants.v.families.{family}.*{message}"):
        render(ROW, family, prompt_of(family, **entry))
