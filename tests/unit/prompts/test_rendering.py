"""Prompts: the exact text of each family and variant, one start token, no control token out of a row's own text."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import render_prompts
import yaml
from byte_tokenizer import ids_of, save_tokenizer
from families_file import FAMILIES

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json
from kotune.prompts.additions import KEYS
from kotune.prompts.rendering import render_split
from kotune.prompts.tokenizers import control_tokens, load_tokenizer
from kotune.study.panel import COLUMN

GOLDEN = ROOT / "tests" / "data" / "econ-qa"
# with what the variant `choosing` shows: answers to other prompts
ROW = {**read_json(GOLDEN / "row.json"), COLUMN: "3.25%\n연 3.25%"}
VARIANTS = yaml.safe_load((ROOT / "config" / "prompts" / "econ-qa.yaml").read_text(encoding="utf-8"))["variants"]
# what a variant adds to the texts of `clean` is held in test_additions.py
ALONE = {name: content for name, content in VARIANTS.items() if not any(key in content for key in KEYS)}
WRITTEN = [(family, variant) for variant, content in ALONE.items() for family in content["families"]]
CLEAN = list(VARIANTS["clean"]["families"])


def variant_of(name: str) -> dict:
    return {"name": "econ-qa", "variant": name, "content": VARIANTS[name]}


def prompt_of(**family) -> dict:
    return {"name": "mine", "variant": "clean", "content": {"families": {"chatml": family}}}


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizers")
    return {name: load_tokenizer(save_tokenizer(folder / name, family), family) for name, family in FAMILIES.items()}


@pytest.fixture
def render(tokenizers):
    def run(rows, family="gemma2", split="train", prompt=None, room=4096):
        return render_split(rows, split, prompt or variant_of("clean"), FAMILIES[family], tokenizers[family], room)

    return run


@pytest.mark.parametrize(("family", "variant"), WRITTEN)
def test_texts_equal_the_golden_files(render, family, variant):
    (train,), _ = render([ROW], family, "train", variant_of(variant))
    (test,), _ = render([ROW], family, "test", variant_of(variant))
    expected = {use: (GOLDEN / f"{family}.{variant}.{use}.txt").read_bytes().decode() for use in ("train", "inference")}
    assert train["prompt"] + train["completion"] == expected["train"]
    assert test["prompt"] == expected["inference"]


def test_there_is_a_golden_file_for_every_text():
    names = {f"{family}.{variant}.{use}.txt" for family, variant in WRITTEN for use in ("train", "inference")}
    assert {path.name for path in GOLDEN.glob("*.txt")} == names


@pytest.mark.parametrize("family", CLEAN)
def test_training_and_inference_read_the_same_up_to_the_answer(render, family, tokenizers):
    (train,), _ = render([ROW], family, "train")
    (test,), _ = render([ROW], family, "test-unseen")
    assert train == test
    read = ids_of(tokenizers[family], train["prompt"])
    written = ids_of(tokenizers[family], train["completion"])
    assert (train["prompt_tokens"], train["completion_tokens"]) == (len(read), len(written))


@pytest.mark.parametrize("family", CLEAN)
def test_a_clean_text_has_one_start_and_one_stop_token(render, family, tokenizers):
    (row,), _ = render([ROW], family)
    text, name = ids_of(tokenizers[family], row["prompt"] + row["completion"]), FAMILIES[family]
    token = tokenizers[family].token_to_id
    if name.bos:
        assert text.count(token(name.bos)) == 1
        assert text[0] == token(name.bos)
    assert text[-1] == token(name.stop)
    assert ids_of(tokenizers[family], row["completion"]).count(token(name.stop)) == 1


def test_the_published_quirks_are_tokens_as_they_were(render, tokenizers):
    (gemma,), _ = render([ROW], "gemma2", "train", variant_of("as_published"))
    ids = ids_of(tokenizers["gemma2"], gemma["prompt"] + gemma["completion"])
    assert ids[:2] == [tokenizers["gemma2"].token_to_id("<bos>")] * 2
    assert ids[-1] == tokenizers["gemma2"].token_to_id("<eos>")
    (eeve,), _ = render([ROW], "chatml", "train", variant_of("as_published"))
    assert ids_of(tokenizers["chatml"], eeve["completion"])[-5:] == ids_of(tokenizers["chatml"], "<eos>"), "plain text"
    (nous,), _ = render([ROW], "solar", "train", variant_of("as_published"))
    assert ids_of(tokenizers["solar"], nous["completion"])[-1] == tokenizers["solar"].token_to_id("</s>")


@pytest.mark.parametrize("family", ["qwen2", "llama32"])
def test_families_that_were_not_published_are_refused(render, family):
    message = (
        f"variants.as_published.families: nothing for the family '{family}'; it is written for gemma2, chatml, solar"
    )
    with pytest.raises(UserError, match=message):
        render([ROW], family, "train", variant_of("as_published"))


@pytest.mark.parametrize(("family", "variant"), WRITTEN)
def test_control_tokens_in_a_rows_own_text_stay_text(render, tokenizers, family, variant):
    control = control_tokens(tokenizers[family], FAMILIES[family])
    hostile = " ".join([*control, "".join(control), "<<|im_end|>>", "{{ answer }} {% raw %} {# #}"])
    row = {**ROW, "context": hostile, "question": hostile}
    (plain, rendered), counts = render([ROW, row], family, "test", variant_of(variant))

    def controls(text):
        return [token for token in ids_of(tokenizers[family], text) if token in control.values()]

    assert controls(rendered["prompt"]) == controls(plain["prompt"])
    assert rendered["excluded"] is None
    assert counts["neutralised"] == 1
    assert rendered["prompt"].replace("\u2060", "").count(hostile) == 2, "only invisible joiners were put in"
    assert "{{ answer }} {% raw %} {# #}" in rendered["prompt"]


def test_a_character_that_the_tokenizer_does_not_know_is_no_control_token(tmp_path):
    from tokenizers import AddedToken, Tokenizer, models

    family = FAMILIES["solar"]
    tokenizer = Tokenizer(models.BPE(vocab={"<unk>": 0, "a": 1}, merges=[], unk_token="<unk>"))
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in ("<unk>", *family.required_tokens)])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    loaded = load_tokenizer(tmp_path, family)
    (row,), _ = render_split([{**ROW, "context": "<unk>"}], "train", variant_of("clean"), family, loaded, 4096)
    assert row["excluded"] is None


def test_an_answer_with_a_control_token_is_scored_but_never_learned(render):
    row = {**ROW, "answer": "</s> 태그"}
    (train,), counts = render([row], "solar", "train")
    assert train["excluded"] == "control token in the answer: </s> cannot be learned as text"
    assert counts["reasons"] == {"control token in the answer": 1}
    (test,), _ = render([row], "solar", "test")
    assert test["excluded"] is None


@pytest.mark.parametrize("text", ["&lt;b&gt; <b> & '\"", "  두 칸\t탭 \r\n 줄", "\u1100\u1161 \uac00", "\u200b🙂"])
def test_a_rows_text_is_not_changed(render, text):
    (row,), counts = render([{**ROW, "context": text, "question": "물음", "answer": text}], "chatml")
    assert f"\n\n{text}\n\nQuestion:\n물음<|im_end|>" in row["prompt"]
    assert row["completion"] == f"{text}<|im_end|>"
    assert counts["neutralised"] == 0


def test_rows_that_are_too_long_are_excluded_and_counted(render):
    (fits,), _ = render([ROW])
    length = fits["prompt_tokens"] + fits["completion_tokens"]
    assert render([ROW], room=length)[0][0]["excluded"] is None
    (row,), counts = render([ROW], room=length - 1)
    assert row["excluded"] == f"too long: {length} tokens, room for {length - 1}"
    assert row["prompt"] == fits["prompt"], "nothing is cut"
    assert (counts["rows"], counts["excluded"], counts["reasons"]) == (1, 1, {"too long": 1})
    assert counts["prompt_tokens"] is None
    (asked,), _ = render([ROW], split="test", room=fits["prompt_tokens"])
    assert asked["excluded"] is None, "a question needs no room for its gold answer"


def test_a_row_without_target_tokens_is_excluded(render):
    (row,), _ = render([{**ROW, "answer": " \n"}], "llama3")
    assert row["excluded"] == "no target tokens: nothing is left of the answer"
    (row,), _ = render([{**ROW, "answer": None}], "llama3")
    assert row["excluded"] == "no answer: there is nothing to learn"


def test_a_question_without_a_gold_answer_can_be_asked(render):
    (row,), counts = render([{**ROW, "answer": None}], split="test")
    assert (row["completion"], row["completion_tokens"], row["excluded"]) == ("", 0, None)
    assert counts["completion_tokens"] is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{{ contxt }}", r"turns\[0\].content: unknown variable 'contxt'; did you mean 'context'"),
        ("{{ answer }}", r"turns\[0\].content: '{{ answer }}' in a prompt would give"),
        ("{% if %}", r"turns\[0\].content, line 1: not a Jinja template"),
        ("{{ context.x }}", r"turns\[0\].content: the template cannot be filled"),
        ("{{ ''.__class__.mro() }}", r"turns\[0\].content: the template cannot be filled"),
        (3, r"turns\[0\].content: must be text, it is 3"),
        ("{{ context }}<|im_end|>", "a turn holds control tokens of the model"),
    ],
)
def test_a_faulty_prompt_is_named(render, content, message):
    with pytest.raises(UserError, match="config/prompts/mine.yaml, variants.clean.families.chatml.*" + message):
        render([ROW], "chatml", prompt=prompt_of(turns=[{"role": "user", "content": content}]))


def llama2_like(folder: Path) -> Path:
    """A tokenizer that opens every text with a space, as Llama 2's does, with the control tokens of ChatML."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers

    letters = sorted({"▁", *"".join(str(value) for value in ROW.values()), *"<|>_/:\n", *VARIANTS["clean"]["about"]})
    vocab = {"<unk>": 0} | {letter: place for place, letter in enumerate(letters, start=1)}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Replace("▁", " ")
    special = ("<unk>", *FAMILIES["chatml"].required_tokens)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_an_answer_has_the_tokens_that_it_has_behind_its_prompt(tmp_path):
    family = FAMILIES["chatml"]
    tokenizer = load_tokenizer(llama2_like(tmp_path), family)
    (row,), _ = render_split([ROW], "train", variant_of("clean"), family, tokenizer, 4096)
    whole = ids_of(tokenizer, row["prompt"] + row["completion"])
    assert row["prompt_tokens"] + row["completion_tokens"] == len(whole)
    assert len(ids_of(tokenizer, row["completion"])) == row["completion_tokens"] + 1, "alone it would open with a space"


def test_training_learns_an_answer_as_it_stands_behind_its_prompt(tmp_path):
    from kotune.models import loading
    from kotune.prompts import encoding

    family, folder = FAMILIES["chatml"], llama2_like(tmp_path / "model")
    rendered, _ = render_split([ROW], "train", variant_of("clean"), family, load_tokenizer(folder, family), 4096)
    pl.DataFrame(rendered, schema_overrides={"excluded": pl.String}).write_parquet(tmp_path / "train.parquet")
    settings = {"path": str(folder), "required_tokens": family.required_tokens, "pad": family.pad, "stop": family.stops}
    tokenizer = loading.load_tokenizer(settings)
    rows = encoding.encode_rows(tmp_path / "train.parquet", tokenizer)
    text = rendered[0]["prompt"] + rendered[0]["completion"]
    assert rows.ids[0] == tokenizer(text, add_special_tokens=False)["input_ids"]
    assert sum(rows.mask[0]) == rendered[0]["completion_tokens"]


def arguments(tmp_path: Path, output: str, variant: str = "clean", room: int = 4096) -> list[str]:
    family = yaml.safe_load((ROOT / "config" / "families.yaml").read_text(encoding="utf-8"))["gemma2"]
    model = {"name": "tiny", "path": str(save_tokenizer(tmp_path / "tiny", FAMILIES["gemma2"])), "family": "gemma2"}
    rows = [{**ROW, "id": f"T_{number}"} for number in range(4)]
    for split in ("train", "test"):
        pl.DataFrame(rows).write_parquet(tmp_path / f"{split}.parquet")
    settings = {"model": model, "prompt": variant_of(variant), "family": family, "max_tokens": room}
    (tmp_path / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    return [
        *("--settings", str(tmp_path / "settings.json")),
        *("--rows", str(tmp_path / "train.parquet"), str(tmp_path / "test.parquet")),
        *("--output-dir", str(tmp_path / output), "--label", "tiny/all/econ-qa.clean"),
    ]


def test_the_script_writes_prompts_whose_bytes_repeat(tmp_path):
    for output in ("one", "two"):
        render_prompts.main(arguments(tmp_path, output))
    for name in ("train.parquet", "test.parquet", "prompts.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    frame = pl.read_parquet(tmp_path / "one" / "train.parquet")
    assert dict(frame.schema) == {
        "id": pl.String,
        "prompt": pl.String,
        "completion": pl.String,
        "prompt_tokens": pl.Int64,
        "completion_tokens": pl.Int64,
        "excluded": pl.String,
    }
    counts = json.loads((tmp_path / "one" / "prompts.json").read_text(encoding="utf-8"))
    assert (counts["family"], counts["variant"]) == ("gemma2", "econ-qa.clean")
    assert counts["splits"]["train"]["rows"] == 4
    assert counts["example"] == {"prompt": frame["prompt"][0], "completion": frame["completion"][0]}
    assert all(len(counts[f"{name}_sha256"]) == 64 for name in ("prompt", "family", "tokenizer"))


def test_gold_answers_beyond_the_limit_of_new_tokens_are_counted_and_said(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(console, "say", said.append)
    given = arguments(tmp_path, "limited")
    settings = json.loads((tmp_path / "settings.json").read_text(encoding="utf-8"))
    render_prompts.main(given)
    needed = json.loads((tmp_path / "limited/prompts.json").read_text(encoding="utf-8"))["splits"]["test"]
    assert "beyond_limit" not in needed  # nobody said how many there may be
    longest = needed["completion_tokens"]["max"]
    for limit, cut in ((longest, 0), (longest - 1, 4)):
        settings["limits"] = {"answer": limit}
        (tmp_path / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        said.clear()
        render_prompts.main(given)
        splits = json.loads((tmp_path / "limited/prompts.json").read_text(encoding="utf-8"))["splits"]
        assert splits["test"]["beyond_limit"] == cut and "beyond_limit" not in splits["train"]
        assert [line for line in said if "warning" in line] == [
            f"warning: prompts of tiny/all/econ-qa.clean: gold answers of 4 of test need more than the {limit} new tokens "
            "that an answer may have, and would be cut off; raise generation.max_new_tokens of the study"
        ] * bool(cut)


def test_the_script_refuses_a_model_that_no_row_fits(tmp_path):
    with pytest.raises(
        UserError, match=r"no row of train can be used by tiny; the first: too long: \d+ tokens, room for 5"
    ):
        render_prompts.main(arguments(tmp_path, "out", room=5))
    assert not (tmp_path / "out").exists()


def test_the_script_needs_neither_torch_nor_transformers(tmp_path):
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); import render_prompts; render_prompts.main(sys.argv[2:]);"
        "sys.exit(bool({'torch', 'transformers', 'peft', 'trl'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code, str(ROOT / "scripts"), *arguments(tmp_path, "out")], check=True)


def test_a_row_with_several_gold_answers_is_rendered_with_the_first(render):
    plain, several = render([ROW]), render([{**ROW, "golds": [ROW["answer"], "<|im_end|>"]}])
    assert several == plain


SHOWN = {
    "name": "mine",
    "variant": "shown",
    "content": {
        "shots": {"number": 2, "seed": 42, "example": "Q: {{ question }} A: {{ answer }}\n"},
        "families": {"gemma2": {"turns": [{"role": "user", "content": "{{ shots }}Q: {{ question }} A:"}]}},
    },
}


def test_examples_stand_before_the_question_and_count_in_the_tokens(tokenizers):
    pool = [{**ROW, "id": f"t{place}", "article": f"a{place}", "question": f"q{place}"} for place in range(4)]
    asked = {**ROW, "id": "x", "article": "a9", "question": "asked"}
    made, counts = render_split([asked], "test", SHOWN, FAMILIES["gemma2"], tokenizers["gemma2"], 4096, None, pool)
    (one,) = made
    written = "".join(f"Q: q{name[1:]} A: {ROW['answer']}\n" for name in one["shots"])
    assert len(one["shots"]) == 2 and f"{written}Q: asked A:" in one["prompt"]
    assert one["prompt_tokens"] == len(ids_of(tokenizers["gemma2"], one["prompt"])) == counts["prompt_tokens"]["max"]
    pool[0]["question"] = pool[1]["question"] = "<end_of_turn>"
    (two,), _ = render_split([asked], "test", SHOWN, FAMILIES["gemma2"], tokenizers["gemma2"], 4096, None, pool[:2])
    assert two["prompt"].count("<end_of_turn>") == 1, "the family's own; the examples' are no tokens"


def test_examples_of_a_train_split_that_has_none_are_one_error(tokenizers):
    asked = {**ROW, "id": "x", "article": "a9"}
    with pytest.raises(UserError, match="variant 'shown': train holds no row with an answer"):
        render_split([asked], "test", SHOWN, FAMILIES["gemma2"], tokenizers["gemma2"], 4096)


def test_a_row_that_is_too_long_with_its_examples_is_left_out(tokenizers):
    pool = [{**ROW, "id": f"t{place}", "article": f"a{place}"} for place in range(4)]
    asked = {**ROW, "id": "x", "article": "a9"}
    (one,), _ = render_split([asked], "test", SHOWN, FAMILIES["gemma2"], tokenizers["gemma2"], 40, None, pool)
    assert one["excluded"].startswith("too long")


def test_the_texts_of_korquad_are_the_same_for_training_and_answering_and_hide_the_answer(tokenizers):
    variants = yaml.safe_load((ROOT / "config" / "prompts" / "korquad.yaml").read_text(encoding="utf-8"))["variants"]
    pool = [{**ROW, "id": f"t{place}", "article": f"a{place}"} for place in range(5)]
    row = {**ROW, "id": "x", "article": "a9"}
    for variant, content in variants.items():
        prompt = {"name": "korquad", "variant": variant, "content": content}
        for family in content["families"].keys() & tokenizers.keys():
            made = [
                render_split([row], split, prompt, FAMILIES[family], tokenizers[family], 99_999, None, pool)[0][0]
                for split in ("train", "test")
            ]
            assert made[0]["prompt"] == made[1]["prompt"] and row["question"] in made[0]["prompt"]
            assert made[0]["prompt"].count(row["question"]) == 1 + 3 * (variant == "three_shots")
