"""lm-eval's own tasks over prepared rows: what they are, and what is said of them."""

import pytest

from kotune.core.errors import UserError
from kotune.harness import task_files
from kotune.harness.sources import benchmark
from kotune.harness.tasks import check_golds, documents, facts, gold_of, lm_eval_task, templates_kept

pytest.importorskip("lm_eval")


def made(task, folder):
    task = task_files.find(task)
    return task, lm_eval_task(task, benchmark({"folder": str(folder)}, task).rows)


def test_lm_eval_does_not_see_what_was_added_to_the_rows():
    row = {"id": "test-1", "source_id": "7", "question": "?", "original": None}
    assert documents([row]) == [{"id": "7", "question": "?"}]


@pytest.mark.parametrize("name", ["kobest_copa", "kobest_hellaswag"])
def test_golds_are_numbers_of_options_also_where_a_task_gives_their_text(toy, name):
    _, task = made(name, toy["makers"])
    assert [gold_of(task, document) for document in task.eval_docs] == [
        n % (2 if "copa" in name else 4) for n in range(1, 6)
    ]


def test_the_facts_of_a_task_are_lm_eval_s_and_name_no_place_of_this_machine(toy):
    said = facts(*made("kobest_hellaswag", toy["makers"]))
    assert (said["metrics"], said["version"], said["choices"]) == (["acc", "acc_norm", "f1"], 1.0, 4)
    assert (said["dataset_path"], said["dataset_name"]) == ("skt/kobest_v1", "hellaswag")
    config = said["config"]
    assert config["metadata"] == {"version": 1.0} and config["doc_to_text"] == "{{query}}"
    assert config["metric_list"][2]["hf_evaluate"] is True
    assert config["metric_list"][2]["aggregation"].startswith("def macro_f1_score(items):")
    assert facts(*made("kobest_hellaswag", toy["makers"])) == said  # no address of a function, no random number


def test_the_metrics_are_counted_by_lm_eval(toy):
    _, task = made("kobest_hellaswag", toy["makers"])
    document = task.eval_docs[0]  # its gold is 1; options are equally long
    told = task.process_results(document, [(-4.0, False), (-1.0, False), (-2.0, False), (-3.0, False)])
    assert told["acc"] == told["acc_norm"] == 1.0 and tuple(told["f1"]) == (1, 1)
    assert task.aggregation()["f1"]([(1, 1), (0, 1)]) == pytest.approx(1 / 3)


@pytest.mark.parametrize("split", ["test", "dev"])
def test_a_row_without_a_right_answer_is_named(split):
    row = {"question": "?", "answer": 1, "A": "가", "B": "나", "C": "다", "D": "라"}
    rows = {name: [{"id": f"{name}-{n}", **row} for n in (1, 2)] for name in ("test", "dev")}
    task = task_files.find("kmmlu_accounting")
    check_golds(task, lm_eval_task(task, rows), rows)
    rows[split][1]["answer"] = 5
    with pytest.raises(UserError, match=f"'kmmlu_accounting', {split}: {split}-2 has no gold among its options"):
        check_golds(task, lm_eval_task(task, rows), rows)
    rows["dev"] = [{name: value for name, value in one.items() if name != "C"} for one in rows["dev"]]
    with pytest.raises(UserError, match=r"its rows do not fit lm-eval's task \(UndefinedError: 'C' is undefined\)"):
        check_golds(task, lm_eval_task(task, rows), rows)


def test_templates_are_parsed_once_while_that_is_asked_for_and_not_beyond():
    from lm_eval import utils

    before = utils.env.from_string
    with templates_kept():
        assert utils.env.from_string("{{ a }}") is utils.env.from_string("{{ a }}")
        assert utils.apply_template("{{ a }} 나", {"a": "가"}) == "가 나"
    assert utils.env.from_string == before
