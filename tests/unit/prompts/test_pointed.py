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

    def rendered(folder, rows, split="train", room=4096, **windows):
        content = {**prompt["content"], **({"windows": windows} if windows else {})}
        asked = {**prompt, "content": content}
        lines, counts = render_split(rows, split, asked, family, load_tokenizer(FOLDER, family), room)
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


LONG = {**ROW, "id": "long", "context": "물가가 높다. " * 40 + ROW["context"] + " 물가가 높다." * 40}


def test_a_text_that_is_too_long_is_read_in_windows_and_the_answer_is_where_it_stands(made, tmp_path):
    (line, short), counts, path = made(tmp_path, [LONG, ROW], tokens=120, stride=20)
    assert len(line["windows"]) > 3 and short["windows"] == [] and counts["in_windows"] == 1 == 1 + counts["excluded"]
    tokenizer = loading.load_tokenizer({"path": str(FOLDER), "pad": "<|endoftext|>", "stop": ["<|im_end|>"]})
    first, second = encode_pointed(path, tokenizer).dataset()
    assert len(first["input_ids"]) == len(line["windows"]) and len(second["input_ids"]) == 1
    assert max(map(len, first["input_ids"])) == 120
    here = [n for n, place in enumerate(first["first"]) if place >= 0]
    assert 1 <= len(here) <= 2, "in one window, or in what two share"
    for n in here:
        answer = first["input_ids"][n][first["first"][n] : first["last"][n] + 1]
        assert tokenizer.decode(answer).strip() == ROW["answer"]
        assert all(first["text"][n][place] for place in (first["first"][n], first["last"][n]))
    assert all(ROW["question"] in tokenizer.decode(ids) for ids in first["input_ids"])
    assert texts_of([path], tokenizer)["train", "long"].windows == line["windows"]


def test_an_answer_that_no_window_holds_is_not_learned_and_asked_all_the_same(made, tmp_path):
    row = {**LONG, "answer": LONG["context"][:300].strip()}
    (line,), counts, _ = made(tmp_path, [row], tokens=90, stride=20)
    assert line["excluded"].startswith("too long: an answer of") and counts["reasons"] == {"too long": 1}
    assert made(tmp_path, [row], "test", tokens=90, stride=20)[0][0]["excluded"] is None
    (line,), _, _ = made(tmp_path, [{**ROW, "question": "얼마나 " * 200}], "test", tokens=90, stride=20)
    assert line["excluded"].startswith("too long: ") and "tokens beside the text" in line["excluded"]


def test_without_a_word_on_windows_they_are_as_long_as_there_is_room(made, tmp_path):
    (line,), _, _ = made(tmp_path, [LONG], "test", room=200)
    around = line["prompt_tokens"] - (line["windows"][-1][1] - line["windows"][0][0])
    assert line["excluded"] is None and line["windows"][0][1] - line["windows"][0][0] + around == 200


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
