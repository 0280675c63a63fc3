"""Tokenizers as files: what is missing is named, a row's own text controls nothing, ids are those of the model's loader."""

import pytest
import yaml
from byte_tokenizer import ids_of, save_tokenizer
from families_file import FAMILIES

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.prompts.tokenizers import (
    WORD_JOINER,
    behind,
    control_ids,
    control_pattern,
    control_tokens,
    encoded_in_batches,
    load_tokenizer,
    neutralised,
    read_tokenizer,
    summarised,
)

GOLDEN = ROOT / "tests" / "data" / "econ-qa"
STAND_INS = ROOT / "resources" / "mini" / "models"


def test_a_tokenizer_without_a_needed_token_is_named(tmp_path):
    folder = save_tokenizer(tmp_path / "tiny", FAMILIES["gemma2"])
    with pytest.raises(
        UserError, match=r"tiny/tokenizer.json: '<s>' is not one token of it, as the family 'chatml' needs"
    ):
        load_tokenizer(folder, FAMILIES["chatml"])


def test_a_missing_or_cut_tokenizer_is_named(tmp_path):
    with pytest.raises(UserError, match="none: no such model folder"):
        load_tokenizer(tmp_path / "none", FAMILIES["gemma2"])
    (tmp_path / "model").mkdir()
    with pytest.raises(UserError, match=r"model/tokenizer.json: cannot read the tokenizer, it does not exist"):
        load_tokenizer(tmp_path / "model", FAMILIES["gemma2"])
    path = save_tokenizer(tmp_path / "model", FAMILIES["gemma2"]) / "tokenizer.json"
    path.write_text(path.read_text(encoding="utf-8")[:500], encoding="utf-8")
    with pytest.raises(UserError, match=r"model/tokenizer.json: not a whole tokenizer"):
        load_tokenizer(tmp_path / "model", FAMILIES["gemma2"])


def test_texts_that_melt_into_one_token_are_tokenised_apart():
    assert behind([1, 2], [1, 2, 3, 4], [9]) == [3, 4]
    assert behind([1, 2], [1, 7, 4], [3, 4]) == [3, 4], "the last token of the prompt would be another"
    assert behind([1, 2], [1, 2], []) == []


def test_lengths_are_summarised_by_nearest_rank():
    assert summarised(range(1, 101)) == {"mean": 50.5, "median": 50.5, "p95": 95, "max": 100}
    assert summarised([7]) == {"mean": 7.0, "median": 7, "p95": 7, "max": 7}
    assert summarised([]) is None


@pytest.mark.parametrize("name", sorted(path.parent.name for path in STAND_INS.glob("*/tokenizer.json")))
def test_token_ids_equal_those_of_the_models_own_loader(name):
    from transformers import AutoTokenizer

    family = next(
        entry["family"]
        for stand_in, entry in yaml.safe_load((ROOT / "config" / "models.yaml").read_text())["stand_ins"].items()
        if stand_in == name
    )
    texts = [path.read_bytes().decode() for path in sorted(GOLDEN.glob(f"{family}.clean.*.txt"))]
    theirs = AutoTokenizer.from_pretrained(STAND_INS / name)(texts, add_special_tokens=False)["input_ids"]
    ours = load_tokenizer(STAND_INS / name, FAMILIES[family])
    assert [ids_of(ours, text) for text in texts] == theirs


def test_control_tokens_in_a_text_become_characters_and_look_the_same():
    pattern = control_pattern(["<s>", "<start_of_turn>", "<start"])
    assert neutralised("금리 <start_of_turn>user", pattern) == f"금리 <{WORD_JOINER}start_of_turn>user"
    assert neutralised("<s><s>", pattern) == f"<{WORD_JOINER}s><{WORD_JOINER}s>"
    assert neutralised("a < b > c", pattern) == "a < b > c"
    assert neutralised(".*", control_pattern(["."])) == f".{WORD_JOINER}*", "a token is no pattern itself"


def test_a_family_s_tokens_control_even_where_the_tokenizer_does_not_call_them_special(tmp_path):
    tokenizer = load_tokenizer(save_tokenizer(tmp_path, FAMILIES["gemma2"], extra=("<extra>",)), FAMILIES["gemma2"])
    control = control_tokens(tokenizer, FAMILIES["gemma2"])
    assert {"<extra>", *FAMILIES["gemma2"].required_tokens} == set(control)
    assert control_ids(tokenizer, control) == set(control.values())


def test_what_a_tokenizer_file_says_of_padding_and_cutting_is_not_done(tmp_path):
    tokenizer = read_tokenizer(save_tokenizer(tmp_path, FAMILIES["gemma2"]))
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=50)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    again = read_tokenizer(tmp_path)
    assert len(ids_of(again, "a long text")) == 11


def test_batches_give_the_ids_of_texts_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setattr("kotune.prompts.tokenizers.BATCH", 2)
    tokenizer = read_tokenizer(save_tokenizer(tmp_path, FAMILIES["gemma2"]))
    texts = ["금리", "", "a", "<bos>", "b c"]
    assert list(encoded_in_batches(tokenizer, texts)) == [ids_of(tokenizer, text) for text in texts]
