"""A task is a module in a folder: it is found by its name, and rows of other columns are prepared by what it says."""

import polars as pl
import pytest

from kotune.core.catalogue import check, named
from kotune.core.errors import UserError
from kotune.rows import task
from kotune.rows.prepare import prepare


@pytest.fixture
def entailment(tmp_path, monkeypatch):
    """A task of other columns, in a module of its own; the dotted name of it."""
    (tmp_path / "entailment.py").write_text(
        "from kotune.rows.task import Asked, Task\n"
        "TASK = Task(asked=(Asked('premise', 'premise', long=True), Asked('claim', 'claim')), gold='label',"
        " together='premise', unit='premise')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return "entailment.TASK"


def source(folder, name, **columns):
    path = folder / f"{name}.parquet"
    pl.DataFrame({"id": [f"{name}{n}" for n in range(len(columns["premise"]))], **columns}).write_parquet(path)
    return str(path)


def test_every_task_has_what_others_ask_of_it():
    for name in task.NAMES:
        one = task.task_named(name)
        assert one.together in one.names and set(one.same) <= {*one.names, *one.labels}
        assert task.shown(one)["unit"] == one.unit
    with pytest.raises(UserError, match="unknown task 'context-aq'; did you mean 'context-qa'"):
        task.dotted("context-aq")


def test_a_study_names_a_task_that_there_is():
    study = named("studies", "econ-qa", "study")
    check({**study, "task": "context-qa"}, "study", "mine.yaml")
    with pytest.raises(UserError, match="key 'task': 'contextqa' is not one of .*did you mean 'context-qa'"):
        check({**study, "task": "contextqa"}, "study", "mine.yaml")


def test_rows_of_another_task_have_its_columns_and_its_units(tmp_path, entailment):
    train = source(tmp_path, "t", premise=["가", "가", "나", "가", "다", " "], claim=list("ㄱㄴㄱㄱㄱㄱ"),
                   label=["참", "거짓", "참", "참", "", "참"])  # fmt: skip
    valid = source(tmp_path, "v", premise=["나"], claim=["ㄹ"], label=["참"])
    files = {"train": train, "valid": valid}
    splits, audit = prepare({"dataset": "mine", "task": entailment, "files": files, "max_context_chars": 5})
    assert splits["train"].columns == ["id", "premise", "claim", "label", "article"]
    assert splits["train"]["id"].to_list() == ["t0", "t1"]
    assert splits["train"]["article"].n_unique() == 1
    assert {reason: one["ids"] for reason, one in audit["excluded"].items()} == {
        "empty premise": ["t5"],
        "empty label": ["t4"],
        "exact duplicate of an earlier row": ["t3"],
        "premise also in an evaluation split": ["t2"],
    }
    assert audit["splits"]["train"]["label_chars_max"] == 2


def test_a_file_without_the_tasks_columns_is_told_which(tmp_path, entailment):
    path = source(tmp_path, "t", premise=["가"], clam=["ㄱ"], label=["참"])
    with pytest.raises(UserError, match="no column 'claim' for claim; did you mean 'clam'"):
        prepare({"dataset": "mine", "task": entailment, "files": {"train": path}})


def test_rows_may_be_kept_together_by_their_answer_or_each_by_itself():
    chat = task.task_named("chat")
    by_answer, by_row = (task.parted_by(chat, by) for by in ("answer", "row"))
    assert (by_answer.together, by_answer.unit, by_answer.apart) == ("output", "answer", ())
    assert (by_row.together, by_row.unit) == ("id", "row") and task.parted_by(chat, None) is chat
