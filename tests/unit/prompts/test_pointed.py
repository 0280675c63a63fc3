"""A prompt that is pointed into says where its text is, and the tokens of an answer are those that hold it."""

import pytest
import yaml

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import write_parquet
from kotune.models import loading
from kotune.prompts.families import family_from
from kotune.prompts.pointed import COLUMN, GOLD, encode_pointed, fault_of, place_of, texts_of, tokens_of
from kotune.prompts.rendering import render_split
from kotune.prompts.tokenizers import load_tokenizer

FAMILY, FOLDER = "qwen2", ROOT / "resources/mini/models/tiny-qwen2"
ROW = {
    "id": "a",
    "article": "가",
    "context": "물가가 2.3% 올랐다. 물가가 높다.",
    "question": "얼마나?",
    "answer": "2.3% 올랐다",
}


@pytest.fixture(scope="module")
def made():
    import polars as pl

    data = yaml.safe_load((ROOT / "config/families.yaml").read_text(encoding="utf-8"))[FAMILY]
    variants = yaml.safe_load((ROOT / "config/prompts/econ-qa.yaml").read_text(encoding="utf-8"))["variants"]
    family = family_from(FAMILY, data)
    prompt = {"name": "econ-qa", "variant": "pointed", "content": variants["pointed"]}

    def rendered(folder, rows, split="train"):
        lines, counts = render_split(rows, split, prompt, family, load_tokenizer(FOLDER, family), 4096)
        write_parquet(folder / f"{split}.parquet", pl.DataFrame(lines))
        return lines, counts, folder / f"{split}.parquet"

    return rendered


def test_the_text_and_the_answer_are_found_in_the_tokens(made, tmp_path):
    (line,), _, path = made(tmp_path, [ROW])
    start, end = line[COLUMN]
    assert line["prompt"][start:end] == ROW["context"] and line[GOLD] == ROW["answer"]
    assert line["prompt"].index(ROW["question"]) < start, "a decoder must have read the question before the text"
    tokenizer = loading.load_tokenizer({"path": str(FOLDER), "pad": "<|endoftext|>", "stop": ["<|im_end|>"]})
    rows, text = encode_pointed(path, tokenizer), texts_of([path], tokenizer)["train", "a"]
    ((first, last),) = rows.spans
    assert text.between(first, last) == ROW["answer"] and rows.mask[0][first] == rows.mask[0][last] == 1
    assert sum(rows.mask[0]) == len(text.tokens) < len(rows.ids[0]) and rows.names == ["a"]


def test_a_row_whose_answer_is_not_in_the_text_is_left_out_of_training_and_counted(made, tmp_path):
    rows = [ROW, {**ROW, "id": "b", "answer": "3.2%"}]
    lines, counts, path = made(tmp_path, rows)
    assert lines[1]["excluded"].startswith("not in the text") and counts["reasons"] == {"not in the text": 1}
    tokenizer = loading.load_tokenizer({"path": str(FOLDER), "pad": "<|endoftext|>", "stop": ["<|im_end|>"]})
    assert encode_pointed(path, tokenizer).excluded == {"not in the text": 1}
    assert all(line["excluded"] is None for line in made(tmp_path, rows, "test")[0]), "they are asked all the same"


@pytest.mark.parametrize(
    ("row", "write", "why"),
    [
        ({"text": "가"}, str, "no column 'context'"),
        ({"context": "가"}, lambda row: "", r"must show \{\{ context \}\} once; they do 0 times"),
        ({"context": "가"}, lambda row: row["context"] * 2, "they do 2 times"),
    ],
)
def test_a_text_that_is_not_there_once_is_one_error(row, write, why):
    with pytest.raises(UserError, match=why):
        place_of(row, "context", write, "econ-qa.pointed")


def test_tokens_are_those_that_hold_a_character_of_the_piece():
    offsets = [(0, 2), (2, 3), (2, 3), (3, 3), (3, 5)]
    assert tokens_of(offsets, 2, 4) == [1, 2, 4] and tokens_of(offsets, 0, 1) == [0]
    assert fault_of(" 가 ", "나가") is None and fault_of(None, "나") and fault_of("", "나")
