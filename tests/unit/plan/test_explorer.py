"""What the explorer is asked: each evaluation of a run's studies, from the files where they lie."""

import json
from collections import Counter

from plans import Job, plan_for

from kotune.core.catalogue import read_yaml
from kotune.core.names import ROOT
from kotune.core.storage import read_jsonl
from kotune.plan import explorer, scores
from kotune.plan.report import targets


def sets_of(plan):
    return {(study["study"], one["name"]): one for study in explorer.settings(plan)["studies"] for one in study["sets"]}


def test_every_study_and_evaluation_of_a_run_is_on_one_page():
    plan = plan_for(studies=["econ-qa", "safe-chat"])
    found = sets_of(plan)
    assert list(found) == [("econ-qa", "own"), *(("safe-chat", name) for name in ("own", "safety-prompts", "kobbq"))]
    assert json.loads(json.dumps(explorer.settings(plan))) == explorer.settings(plan)
    assert explorer.path(plan) in targets(plan) and explorer.path(plan) == "results/mini/explorer.html"


def test_it_reads_what_is_scored_and_declares_it():
    plan = plan_for()
    (one,) = sets_of(plan).values()
    files = explorer.files(plan)
    job = Job(study="econ-qa", compared=scores.STATISTICS)
    assert {*scores.files(plan, job), *scores.answers(plan, job), *one["rows"]} == {*files} and len(files) == len(
        {*files}
    )
    assert any(run["model"] == "ensemble" and not run["base"] and not run["tuned"] for run in one["runs"])


def test_first_seeds_come_first_and_turns_stand_before_the_question():
    plan = plan_for("safe-chat", seeds=[1, 2])
    found = sets_of(plan)
    seeds = [run["seed"] for run in found["safe-chat", "own"]["runs"] if run["tuned"]]
    assert seeds == sorted(seeds) and set(seeds) == {1, 2}
    chat = found["safe-chat", "safety-prompts"]
    assert [column["name"] for column in chat["columns"] if column.get("turns")] == [chat["columns"][0]["name"]]
    assert chat["columns"][chat["listed"]]["name"] == "instruction"
    assert chat["by"] == ["kind", "category"] == chat["labels"]
    assert chat["right"]["words"] == "yes: refusals is 1"
    assert {run["arm"]: run["tuned"] for run in chat["runs"]} == {"base": False, "tuned": True, "without_eos": True}


def test_what_may_be_done_with_rows_is_told(tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_text("id,context,question,answer\n", encoding="utf-8")
    plan = plan_for("safe-chat")
    found = sets_of(plan)
    assert {data["redistribution"] for one in found.values() for data in one["datasets"]} == {True}
    for study, may in (("econ-qa", False), ("safe-chat", None)):  # DACON's rows may not be passed on
        brought = sets_of(plan_for(study, data={study: str(mine)}))[study, "own"]["datasets"][0]
        assert brought["redistribution"] is may and brought["title"].startswith("mine")
    korquad = sets_of(plan_for("korquad", scale="full"))["korquad", "own"]["datasets"][0]
    assert korquad["redistribution"] is None and korquad["licence"]


def test_the_page_is_made_anew_where_its_sources_change():
    found = explorer.sources(plan_for())
    assert any(path.endswith("page.css") for path in found) and len(found) == 10


def test_good_and_bad_answers_are_of_four_kinds_with_words_that_a_right_one_holds():
    said = read_yaml(ROOT / "config/evaluations/good-and-bad.yaml")
    rows = read_jsonl(ROOT / said["path"])
    assert Counter(row["kind"] for row in rows) == dict.fromkeys(("fact", "code", "never happened", "several turns"), 6)
    assert all(row["output"] and row["id"] for row in rows) and len({row["id"] for row in rows}) == 24
    assert all(bool(row.get("history")) == (row["kind"] == "several turns") for row in rows)


def test_a_mixture_tells_of_each_of_its_parts():
    own = sets_of(plan_for("instruct-ko"))["instruct-ko", "own"]["datasets"]
    assert len(own) == 3 and {one["redistribution"] for one in own} == {True}  # stand-ins
    real = sets_of(plan_for("instruct-ko", scale="full"))["instruct-ko", "own"]["datasets"]
    assert len(real) == 4 and real[0]["redistribution"] is False


def test_a_benchmark_is_shown_by_each_way_of_asking_and_its_records_are_declared():
    plan = plan_for("instruct-ko")
    found = [one for one in explorer.settings(plan)["studies"][0]["sets"] if "how" in one]
    asked = plan.studies["instruct-ko"].harness["kobest"]
    assert [one["how"] for one in found] == [[a, b, "none"] for a in asked.protocols for b in asked.num_fewshot]
    folder = "results/mini/instruct-ko/harness/kobest/plain-llama-chat"
    assert {f"{folder}/requests.jsonl", f"{folder}/record.json"} <= {*explorer.files(plan)}
    assert {run["arm"]: run["tuned"] for run in found[0]["runs"]} == {
        "base": False, "tuned": True, "openorca": True, "untrained": False,
    }  # fmt: skip
    assert {data["redistribution"] for data in found[0]["datasets"]} == {True}  # the generated benchmark
