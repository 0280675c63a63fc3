"""A benchmark's items become rows that are learned exactly as they are asked."""

import list_items
import prepare_benchmark
import pytest

from kotune.core.errors import UserError
from kotune.core.storage import read_jsonl
from kotune.harness import items, task_files
from kotune.harness.sources import benchmark

pytest.importorskip("lm_eval")
TASKS = ["kobest_boolq", "kobest_copa", "kobest_hellaswag", "kobest_sentineg", "kobest_wic"]


def listed(name, folder, split="train"):
    task = task_files.find(name)
    return list(items.items_of(task, benchmark({"folder": str(folder)}, task).rows, split))


@pytest.mark.parametrize("name", TASKS)
def test_text_and_answer_are_what_lm_eval_asks_and_its_right_option(toy, name):
    from kotune.harness.tasks import gold_of, lm_eval_task, with_shots

    task = task_files.find(name)
    rows = benchmark({"folder": str(toy["makers"])}, task).rows
    made = lm_eval_task(task, rows)
    with_shots(made, 0)
    made.build_all_requests()
    asked = {}
    for instance in made.instances:
        asked.setdefault(instance.doc_id, []).append("".join(instance.args))
    found = list(items.items_of(task, rows, "test"))
    assert len(found) == len(made.eval_docs)
    for number, (one, document) in enumerate(zip(found, made.eval_docs, strict=True)):
        assert one["text"] + one["answer"] == asked[number][gold_of(made, document)]
        assert one["text"] == one["text"].rstrip() and one["answer"].strip()
        assert one["id"].startswith(f"{name}-test-") and one["kind"] == name


def test_white_space_before_an_answer_is_the_answers(toy):
    assert {one["answer"] for one in listed("kobest_boolq", toy["makers"])} <= {"  예", "  아니오"}
    assert {one["answer"] for one in listed("kobest_sentineg", toy["makers"])} <= {" 긍정", " 부정"}


def test_a_draw_depends_on_ids_alone():
    rows = [{"id": f"row-{number}"} for number in range(20)]
    kept = items.drawn(rows, 5)
    assert [one for one in rows if one in kept] == kept and len(kept) == 5
    assert items.drawn(rows[::-1], 5) == kept[::-1]
    assert items.drawn(rows, None) == items.drawn(rows, 20) == rows
    assert set(map(str, items.drawn(rows, 3))) <= set(map(str, kept))


def test_an_item_without_a_right_option_is_refused(toy, monkeypatch):
    monkeypatch.setattr(items, "gold_of", lambda task, document: -1)
    with pytest.raises(UserError, match="'kobest_copa': train-1 has no gold among its options"):
        listed("kobest_copa", toy["makers"])


def test_the_script_lists_all_tasks_one_after_another(toy, tmp_path):
    settings = {"tasks": TASKS[:2], "include": None, "num_fewshot": [0], "source": {"folder": str(toy["makers"])}}
    import json

    prepare_benchmark.main(["--settings", json.dumps(settings), "--output-dir", str(tmp_path / "data")])
    asked = ["--data", str(tmp_path / "data"), "--tasks", *TASKS[:2], "--most", '{"test": 2}']
    list_items.main([*asked, "--output-dir", str(tmp_path / "items")])
    train, test = (read_jsonl(tmp_path / f"items/{split}.jsonl") for split in ("train", "test"))
    assert list(dict.fromkeys(one["kind"] for one in train)) == TASKS[:2]
    assert [one["kind"] for one in test] == [TASKS[0]] * 2 + [TASKS[1]] * 2
    assert (tmp_path / "items/valid.jsonl").is_file()
