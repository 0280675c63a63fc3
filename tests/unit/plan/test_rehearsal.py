"""What rehearsals are asked: true shapes, and the lengths of rows where a user brought some."""

import pytest
from plans import Job, plan_for

from kotune.plan import rehearsal

ARM = Job(study="econ-qa", model="qwen2.5-3b-instruct", arm="qlora")
FOLDER = "results/rehearsal/settings/rehearse_arm/{study}_{model}_{arm}"


@pytest.fixture(scope="module")
def plan():
    return plan_for(scale="rehearsal")


def test_without_rows_the_studys_law_of_lengths_is_taken(plan):
    assert rehearsal.rows(plan, ARM) == [] and rehearsal.rows_options(plan, ARM, FOLDER) == ""
    assert rehearsal.prompt(plan, ARM) is None and rehearsal.family(plan, ARM) is None
    assert rehearsal.settings(plan, ARM)["label"] == "qwen2.5-3b-instruct/qlora"


def test_rows_that_are_brought_are_rendered_as_the_arm_would(tmp_path):
    own = plan_for(scale="rehearsal", data={"econ-qa": "klue-mrc-news"})
    rows = rehearsal.rows(own, ARM)
    assert rows[0] == "results/rehearsal/econ-qa/rows/all/train.parquet"
    options = rehearsal.rows_options(own, ARM, FOLDER)
    folder = "results/rehearsal/settings/rehearse_arm/econ-qa_qwen2.5-3b-instruct_qlora"
    assert options == f"--rows {' '.join(rows)} --prompt {folder}/prompt.json --family {folder}/family.json"
    assert list(rehearsal.prompt(own, ARM)["content"]["families"]) == ["qwen2"]
    assert rehearsal.family(own, ARM)["stops"]


def test_the_table_waits_for_each_model_of_each_arm(plan):
    files = rehearsal.files(plan, Job(study="econ-qa"))
    assert len(files) == 5 + 4 and "results/rehearsal/econ-qa/rehearsal/qwen2.5-3b-instruct/base.json" in files
    assert rehearsal.targets(plan)[0] == "results/rehearsal/econ-qa/tables/rehearsal.csv"


def test_a_base_has_one_seed_and_a_tuned_arm_all(plan):
    many = plan_for(scale="rehearsal", seeds=[1, 2, 3])
    assert rehearsal.seeds(many, ARM) == [1] * 5 + [3] * 4 and len(rehearsal.files(many, ARM)) == 9
