"""KoBEST from its makers' files and from the hub's: one set of rows, whatever the spelling of labels and columns."""

import shutil

import pytest
import toy_kobest
from real_files import KOBEST, needs_kobest

from kotune.core.errors import UserError
from kotune.harness import kobest, task_files
from kotune.harness.sources import benchmark

pytest.importorskip("lm_eval")


def rows_of(task, folder):
    made = benchmark({"folder": str(folder)}, task_files.find(task))
    strip = (*kobest.BESIDE, "id")
    return {
        split: [{k: v for k, v in row.items() if k not in strip} for row in rows] for split, rows in made.rows.items()
    }


@pytest.mark.parametrize("task", toy_kobest.TASKS)
def test_both_layouts_give_the_same_rows(toy, task):
    makers, hub = rows_of(task, toy["makers"]), rows_of(task, toy["hub"])
    assert makers == hub and {split: len(rows) for split, rows in makers.items()} == {
        "train": 14, "validation": 3, "test": 5}  # fmt: skip


def test_texts_stay_as_they_are(toy):
    boolq, copa = rows_of("kobest_boolq", toy["makers"]), rows_of("kobest_copa", toy["makers"])
    assert boolq["test"][0] == {"paragraph": 'test 글 1은 "따옴표로 연다', "question": "질문 1인가? ", "label": 1}
    assert copa["test"][1]["question"] == "원인 "  # the space behind it is the makers'


def test_an_item_of_sentineg_knows_the_train_row_that_it_negates(toy):
    for layout in ("makers", "hub"):
        made = benchmark({"folder": str(toy[layout])}, task_files.find("kobest_sentineg"))
        assert [row["original"] for row in made.rows["test"]] == ["train-6", "train-7", "train-8", "train-9", None]
        assert "original" not in made.rows["train"][0]


def test_originals_in_another_order_than_the_test_are_refused(toy, tmp_path):
    lines = [{"sentence": f"train 상품 {number} 좋아요", "label": 1} for number in range(5)]
    for split in ("train", "validation", "test"):
        text = (toy["hub"] / f"sentineg/{split}.jsonl").read_text(encoding="utf-8")
        (tmp_path / "sentineg").mkdir(exist_ok=True)
        (tmp_path / f"sentineg/{split}.jsonl").write_text(text, encoding="utf-8")
    toy_kobest.write_lines(tmp_path / "sentineg/test_originated.jsonl", lines)
    with pytest.raises(UserError, match="not those of the test split, row by row"):
        benchmark({"folder": str(tmp_path)}, task_files.find("kobest_sentineg"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ID\tText\tQuestion\tAnswer\n1\ta\tb\tmaybe", r"train.tsv, row 1, Answer: 'maybe' is no label"),
        ("ID\tText\tQuestion\tAnswer\n1\ta\tb", r"train.tsv, line 2: 3 cells where the header has 4"),
        ("ID\tText\tQuestions\tAnswer\n1\ta\tb\tTRUE", r"no column 'Question'; did you mean 'Questions'"),
        ("", "empty"),
        ("ID\tText\tQuestion\tAnswer\n", "train.tsv: a header and no rows"),
    ],
)
def test_a_broken_file_is_refused_by_line_and_column(tmp_path, text, message):
    (tmp_path / "BoolQ").mkdir()
    (tmp_path / "BoolQ/train.tsv").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        benchmark({"folder": str(tmp_path)}, task_files.find("kobest_boolq"))


@needs_kobest
def test_all_of_kobest_is_read():
    counts = {
        "kobest_boolq": (3665, 700, 1404), "kobest_copa": (3076, 500, 1000), "kobest_hellaswag": (2029, 500, 500),
        "kobest_sentineg": (3649, 400, 397), "kobest_wic": (3318, 610, 1260),
    }  # fmt: skip
    for task, expected in counts.items():
        assert tuple(map(len, rows_of(task, KOBEST).values())) == expected
    boolq = rows_of("kobest_boolq", KOBEST)["test"]
    assert sum(row["label"] for row in boolq) == 705  # 357 of them are spelt True, 348 TRUE
    copa = [row for rows in rows_of("kobest_copa", KOBEST).values() for row in rows]
    assert sum(row["question"].endswith(" ") for row in copa) == 6


def test_a_test_split_without_its_originals_is_refused(toy, tmp_path):
    shutil.copytree(toy["makers"] / "SentiNeg", tmp_path / "SentiNeg")
    path = tmp_path / "SentiNeg/test.tsv"
    path.write_bytes(path.read_bytes().replace(b"Text_origin", b"Text_orign"))
    with pytest.raises(UserError, match="no column 'Text_origin'; did you mean 'Text_orign'"):
        benchmark({"folder": str(tmp_path)}, task_files.find("kobest_sentineg"))
