"""An evaluation may be tasks of lm-evaluation-harness: where its data come from, and what is refused at the start."""

import pytest
from changed_study import changed_study, rewritten
from checkout import ROOT
from plans import Job, plan_for
from studies import configuration, copied

from kotune.core.errors import UserError
from kotune.plan import harness, preflight, rebuild, start
from kotune.rehearsal.needs import needs_of

TASKS = ["kobest_boolq", "kobest_copa", "kobest_hellaswag", "kobest_sentineg", "kobest_wic"]


def asking(root, arms=("base", "tuned"), name="kobest", **settings):
    """Return safe-chat, which asks the evaluation, in full unless said otherwise."""
    settings = {"scale": "full", "studies": ["safe-chat"], **settings}
    return changed_study(root, lambda study: study.update(evaluations={name: list(arms)}), name="safe-chat", **settings)


def test_any_arm_may_be_asked_kobest_and_its_data_are_downloaded_task_by_task(tmp_path):
    study = asking(tmp_path)
    one = study.harness["kobest"]
    assert (one.tasks, one.num_fewshot, one.protocols, one.template) == (TASKS, [5, 0], ["published", "clean"], "none")
    assert one.source["hub"]["kobest_wic"] == "resources/hub/datasets/kobest-wic"
    assert set(TASKS) <= set(one.source["hub"]) and len(one.hub) == len(one.source["hub"])
    assert {arm for _, arm, _ in study.asked("kobest")} == {"base", "tuned"}
    assert "kobest" not in study.evaluations, "it has no rows of ours"


def test_a_rehearsal_asks_none(tmp_path):
    assert asking(tmp_path, scale="rehearsal").harness == {}


def test_the_users_folder_is_named_by_the_evaluation_or_by_the_benchmark(tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    copied(tmp_path)
    (tmp_path / "config/studies/kobest.yaml").unlink()  # where a study has the name, that means its rows
    for name in ("kobest", "kobest-v1"):
        one = asking(tmp_path, data={name: str(folder)}).harness["kobest"]
        assert one.source == {"folder": str(folder)} and one.hub == [] and one.dataset == "kobest-v1"


def test_another_benchmark_of_the_catalogue_takes_its_place_and_a_repositorys_is_downloaded(tmp_path):
    plan = plan_for("kobest", scale="full", data={"kobest-v1": "kobest-v1-tsv"})
    one = plan.studies["kobest"].harness["kobest"]
    folder = "resources/hub/datasets/kobest-v1-tsv"
    assert (one.source, one.hub, one.dataset) == (
        {"folder": f"{folder}/downloaded/v1.0"}, ["kobest-v1-tsv"], "kobest-v1-tsv",
    )  # fmt: skip
    job = Job(study="kobest", evaluation="kobest")
    assert harness.data_files(plan, job) == [plan.beside(f"{folder}/snapshot.json")]
    assert ("dataset", "kobest-v1-tsv") in [(one["kind"], one["name"]) for one in preflight.everything(plan)]
    with pytest.raises(UserError, match="data: 'alpaca' is no benchmark"):
        asking(tmp_path, data={"kobest-v1": "alpaca"})


def test_where_a_study_has_the_evaluations_name_its_rows_are_meant_and_the_benchmark_has_its_own(tmp_path):
    copied(tmp_path)
    study = tmp_path / "config/studies/kobest.yaml"
    study.write_text((tmp_path / "config/studies/safe-chat.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    folder = tmp_path / "theirs"
    folder.mkdir()
    assert asking(tmp_path, data={"kobest": "rows.csv"}).harness["kobest"].hub != []
    assert asking(tmp_path, data={"kobest-v1": str(folder)}).harness["kobest"].source == {"folder": str(folder)}


def test_at_a_scale_of_stand_ins_a_benchmark_is_its_stand_in(tmp_path):
    copied(tmp_path)

    def change(file):
        file["datasets"]["toy"] = {"title": "Toy", "source": "benchmark", "path": "resources/mini"}
        file["datasets"]["kobest-v1"]["stand_in"] = "toy"

    rewritten(tmp_path / "config/datasets.yaml", change)
    config = configuration(scale="mini") | {"datasets": start.read_yaml(tmp_path / "config/datasets.yaml")["datasets"]}
    one = asking(tmp_path, **config).harness["kobest"]
    assert one.source == {"folder": "resources/mini"} and one.dataset == "toy" and one.hub == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"num_fewshot": [5, 100]}, None),
        (
            {"tasks": ["kobest_boolqs"]},
            "kobest.yaml, harness.tasks: the data set 'kobest-v1' has no 'kobest_boolqs'; did",
        ),
        ({"dataset": "kobest"}, "harness.dataset: unknown data set 'kobest'; did you mean"),
        ({"dataset": "kobest-wic"}, "'kobest-wic' is no benchmark but rows of one task"),
    ],
)
def test_what_cannot_be_is_refused_at_the_start(tmp_path, change, line):
    copied(tmp_path)
    rewritten(tmp_path / "config/evaluations/kobest.yaml", lambda file: file["harness"].update(change))
    if line is None:
        assert asking(tmp_path).harness
        return
    with pytest.raises(UserError, match=line):
        asking(tmp_path)


def test_more_shots_than_train_has_rows_are_refused(tmp_path):
    copied(tmp_path)
    config = configuration(scale="full")
    config["datasets"]["kobest-wic"]["splits"]["train"] = 4
    with pytest.raises(UserError, match="num_fewshot: 5 shots of 'kobest_wic' are more than the 4 rows of its train"):
        asking(tmp_path, datasets=config["datasets"])


def test_a_chat_template_is_refused_for_models_without_turns(tmp_path):
    copied(tmp_path)
    rewritten(tmp_path / "config/evaluations/kobest.yaml", lambda file: file["harness"].update(template="chat"))
    with pytest.raises(UserError, match=r"template: 'chat' needs a chat format, and 'llama-3.1-8b' \(family plain_"):
        asking(tmp_path)


def test_prompts_and_metrics_of_ours_may_not_stand_beside_its_tasks(tmp_path):
    copied(tmp_path)
    rewritten(tmp_path / "config/evaluations/kobest.yaml", lambda file: file.update(prompt="safe-chat.clean"))
    with pytest.raises(UserError, match="kobest.yaml: prompt may not stand beside harness"):
        asking(tmp_path)


def test_a_study_cannot_learn_from_a_benchmark(tmp_path):
    with pytest.raises(UserError, match="dataset: 'kobest-v1' is a benchmark, and no rows to learn from"):
        changed_study(tmp_path, lambda study: study.update(dataset="kobest-v1"), name="safe-chat", scale="full")


def test_a_folder_that_nobody_asks_is_refused(tmp_path):
    with pytest.raises(UserError, match="configuration, data: no study that runs asks 'kobest-v1'; "):
        plan_for(data={"kobest-v1": str(tmp_path)})


def test_preflight_needs_and_the_command_that_builds_a_paper_again_know_its_data(tmp_path):
    folder = ROOT / "resources/mini/benchmark"
    asking(tmp_path)
    plan = start.plan_of(configuration(scale="full", studies=["safe-chat"]), tmp_path, tmp_path)
    assert "kobest-wic" in [one["name"] for one in preflight.everything(plan)]
    assert any(
        "data set kobest-wic of the evaluation kobest" in line for line in needs_of(plan.studies.values(), plan.config)
    )
    brought = configuration(scale="full", studies=["safe-chat"], data={"kobest-v1": str(folder)})
    plan = start.plan_of(brought, tmp_path, tmp_path)
    assert "data='{kobest-v1: path/to/benchmark}'" in rebuild.command(plan, ["safe-chat"])
