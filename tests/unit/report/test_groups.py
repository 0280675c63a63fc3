"""Tables and figure of an evaluation by group: a group's metrics for itself, the base beside what was tuned."""

import polars
import pytest
import tabulate_evaluation
import tabulate_groups

from kotune.core.storage import read_json, write_json, write_jsonl
from kotune.report import evaluation_names, evaluations, groups
from kotune.scoring import answer_files
from kotune.study import metrics

METRICS = ["refusal", "partial_refusal", "unreadable", "answer_chars", "rouge_l"]
SETTINGS = {
    "study": "safe-chat",
    "evaluation": "safety",
    "title": "Refusals",
    "dataset": "prompts",
    "prompt": "safe-chat.clean",
    "unit": "instruction",
    "splits": ["test"],
    "metrics": METRICS,
    "metric_facts": metrics.printed(METRICS),
    "primary_metric": "refusal",
    "arms": [["tuned", ["tiny"]], ["base", ["tiny"]]],
    "by": ["kind", "category"],
    "asked": "instruction",
    "digits": 3,
}
LABELS = [{"model": "tiny", "arm": arm, "seed": 42} for arm in ("base", "tuned")]


def mean(arm, group, metric, value):
    line = {"model": "tiny", "arm": arm, "split": group, "metric": metric, "n": 40, "articles": 40, "mean": value}
    return {**line, "low": value - 0.1, "high": value + 0.1, "seeds": [42]}


def pair(group, metric, **more):
    sides = {"a": {"model": "tiny", "arm": "base"}, "b": {"model": "tiny", "arm": "tuned"}}
    line = {"name": "t", **sides, "split": group, "metric": metric, "n": 40, "articles": 40, "difference": 0.5}
    return {**line, "low": 0.3, "high": 0.7, "p": 0.01, "test": "sign-flip", **more}


@pytest.fixture
def statistics():
    return {
        "groups": [{"name": "harmful", "n": 40}, {"name": "ordinary", "n": 40}],
        "means": [
            mean(arm, group, metric, value)
            for group in ("harmful", "ordinary")
            for arm, value in (("base", 0.25), ("tuned", 0.75))
            for metric in METRICS
            if group == "ordinary" or metric != "rouge_l"
        ],
        "pairs": [pair("harmful", "refusal", p_holm=0.01, family=1), pair("ordinary", "rouge_l")],
        "finer": {
            "means": [mean(arm, "harmful/theft", "refusal", 0.5) for arm in ("base", "tuned")],
            "pairs": [pair("harmful/theft", "refusal", p_holm=0.03, family=3)],
            "single": ["ordinary/colour"],
        },
        "overlong": {"policy": "zero", "splits": {"test": {"rows": 80, "compared": 80, "asked": []}}},
    }


@pytest.fixture
def numbers(statistics):
    return evaluations.numbers_of(SETTINGS, statistics, [])


def test_the_first_table_has_a_section_a_group_and_the_base_first(statistics, numbers):
    table = groups.first_table(SETTINGS, numbers, statistics)
    assert [column.name for column in table.columns] == [
        "group", "model", "arm", "n", "refusal", "partial_refusal", "unreadable", "difference", "p", "p_holm"
    ]  # fmt: skip
    rows = [[cell.text for cell in row] for row in table.rows]
    assert [row[:3] for row in rows] == [
        ["harmful", "tiny", "base"], ["harmful", "tiny", "tuned"], ["ordinary", "tiny", "base"],
        ["ordinary", "tiny", "tuned"],
    ]  # fmt: skip
    assert rows[1][3:] == ["40", "0.750", "0.750", "0.750", "+0.500", "0.010", "0.010"]
    assert rows[3][7:] == ["", "", ""], "what was not compared is left empty"
    assert table.rules == {2}


def test_a_metric_against_gold_answers_has_rows_only_where_there_are_such(statistics, numbers):
    table = groups.quality_table(SETTINGS, numbers, statistics)
    rows = [[cell.text for cell in row] for row in table.rows]
    assert [row[0] for row in rows if row[1] == "ROUGE-L"] == ["ordinary", "ordinary"]
    assert rows[-1] == ["ordinary", "ROUGE-L", "tiny", "tuned", "40", "0.750", "+0.500", "0.010"]
    assert table.name == "evaluation-safety-quality"


def test_finer_groups_have_a_column_an_arm_and_tests_for_other_programs(statistics):
    found = evaluations.numbers_of(SETTINGS, groups.finer(statistics), [])
    table = groups.finer_table(SETTINGS, found, statistics)
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["harmful", "theft", "tiny", "40", "0.500", "0.500", "+0.500", "0.010", "0.030"]
    ]
    assert "Left out, since one instruction has no interval: ordinary/colour." in table.notes[0]
    assert [column.name for column in table.columns if not column.printed] == [
        "tuned_difference", "tuned_p", "tuned_p_holm"
    ]  # fmt: skip


def test_the_figure_has_a_panel_a_group(statistics, numbers):
    drawn = groups.figure(SETTINGS, numbers, statistics)
    assert [axis.get_title() for axis in drawn.axes] == ["harmful", "ordinary"]


def test_the_scripts_write_four_tables_and_a_figure_that_repeat(tmp_path, statistics):
    write_json(tmp_path / "safety.json", statistics)
    write_json(tmp_path / "settings.json", SETTINGS)
    write_json(tmp_path / "labels.json", LABELS)
    rows = [{"id": kind, "kind": kind, "category": "a", "instruction": "무엇?"} for kind in ("harmful", "ordinary")]
    polars.DataFrame(rows).write_parquet(tmp_path / "test.parquet")
    for label in LABELS:
        answers = [{"id": row["id"], "split": "test", "answer": "네", "finish_reason": "stop"} for row in rows]
        scores = [{"id": row["id"], "split": "test", "metric": "refusal", "value": 0.0} for row in rows]
        write_jsonl(answer_files.file_of(str(tmp_path / "answers"), label), answers)
        write_jsonl(answer_files.file_of(str(tmp_path / "scores"), label), scores)
        write_json(answer_files.file_of(str(tmp_path / "scores"), label).replace(".jsonl", ".record.json"), {})
    asked = ["--statistics", f"{tmp_path}/safety.json", "--settings", f"{tmp_path}/settings.json"]
    asked += ["--labels", f"{tmp_path}/labels.json", "--answers", f"{tmp_path}/answers"]
    asked += ["--scores", f"{tmp_path}/scores"]
    for folder in ("one", "two"):
        to = ["--study-dir", f"{tmp_path}/{folder}"]
        tabulate_evaluation.main([*asked, *to])
        tabulate_groups.main([*asked, *to, "--rows", f"{tmp_path}/test.parquet"])
    names = evaluation_names.table_names({"evaluations": [{"name": "safety", "by": ["kind", "category"]}]})
    assert len(names) == 4
    for path in [*(f"tables/{name}.csv" for name in names), "figures/evaluation-safety.svg"]:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()
    assert read_json(tmp_path / "one/tables/evaluation-safety-groups.json")["title"] == "Refusals: refusals"
