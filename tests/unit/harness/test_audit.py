"""The audit of a benchmark: counts, spellings, and what of each test stands in its train."""

import shutil

import pytest
from real_files import KOBEST, needs_kobest

from kotune.harness import task_files
from kotune.harness.audit import audit, faults, unknown
from kotune.harness.sources import benchmark
from kotune.harness.tasks import lm_eval_task

pytest.importorskip("lm_eval")


def of(task, folder, shots=(5, 0)):
    task = task_files.find(task)
    made = benchmark({"folder": str(folder)}, task)
    found = audit(made)
    leaks = found["leaks"] + faults(task, lm_eval_task(task, made.rows), made.rows, list(shots))
    return found["splits"], {(one["what"], one["of"]): (one["test"], one["rows"]) for one in leaks}


def test_labels_are_counted_as_they_are_meant_and_as_they_are_spelt(toy):
    splits, _ = of("kobest_boolq", toy["makers"])
    assert splits["test"]["labels"] == {"0": 2, "1": 3}
    assert splits["test"]["spellings"] == {"FALSE": 1, "False": 1, "TRUE": 1, "True": 2}


def test_originals_and_words_are_counted(toy):
    _, leaks = of("kobest_sentineg", toy["makers"], [5, 10, 0])
    assert leaks["originals, negated", "train"] == leaks["originals with the opposite label", "train"] == (4, 5)
    assert (
        leaks["original among 10 published shots", "train"][0] >= leaks["original among 5 published shots", "train"][0]
    )
    _, leaks = of("kobest_wic", toy["makers"])
    assert leaks["target words", "train"] == (5, 5)
    assert leaks["labels told by the makers' numbers of senses", "test"] == (5, 5)
    assert leaks["published question with a wrong particle", "test"] == (3, 5)  # 양분, 철, 눈
    _, leaks = of("kobest_wic", toy["hub"])
    assert ("labels told by the makers' numbers of senses", "test") not in leaks  # the hub does not have them


def test_it_is_said_where_nothing_tells_the_originals(toy, tmp_path):
    shutil.copytree(toy["hub"] / "sentineg", tmp_path / "sentineg")
    (tmp_path / "sentineg/test_originated.jsonl").unlink()
    task = task_files.find("kobest_sentineg")
    assert unknown(benchmark({"folder": str(toy["hub"])}, task)) == []
    (said,) = unknown(benchmark({"folder": str(tmp_path)}, task))
    assert "an item may be shown its own original" in said


def test_an_item_that_stands_in_train_is_found_whatever_its_white_space(toy):
    task = task_files.find("kobest_copa")
    made = benchmark({"folder": str(toy["makers"])}, task)
    made.rows["train"].append(
        {**made.rows["test"][0], "premise": f" {made.rows['test'][0]['premise']}", "id": "train-15"}
    )
    found = {(one["what"], one["of"]): one["test"] for one in audit(made)["leaks"]}
    assert found["texts", "train"] == 1 and found["texts", "validation"] == 0 and found["premises", "train"] == 1


@needs_kobest
def test_what_is_known_of_kobest():
    _, leaks = of("kobest_sentineg", KOBEST, [5, 10])
    assert leaks["originals, negated", "train"] == (396, 397)
    assert leaks["original among 5 published shots", "train"] == (1, 397)
    assert leaks["original among 10 published shots", "train"] == (2, 397)
    _, leaks = of("kobest_wic", KOBEST)
    assert leaks["target words", "train"] == (1232, 1260)
    assert leaks["labels told by the makers' numbers of senses", "test"] == (1249, 1260)
    assert leaks["published question with a wrong particle", "test"] == (677, 1260)
    splits, leaks = of("kobest_hellaswag", KOBEST)
    assert splits["train"]["duplicates"] == 137 and leaks["texts of validation", "train"] == (9, 500)
