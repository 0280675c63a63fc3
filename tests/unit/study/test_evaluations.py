"""An evaluation is rows, task, prompt, metrics and protocol under a name; jobs of it follow what it says."""

import dataclasses

import pytest
import yaml
from checkout import ROOT
from plans import Job, plan_for
from studies import configuration

from kotune.core.errors import UserError
from kotune.plan import answers, data, models, paths, prompts, scores
from kotune.study import comparisons, evaluations, resolve

TOY = {
    "title": "Questions again",
    "dataset": "mini-econ-news",
    "prompt": "econ-qa.clean",
    "metrics": ["exact_match", "rouge_l"],
    "primary_metric": "rouge_l",
    "protocol": {"splits": ["test"], "generation": {"max_new_tokens": 5}},
}


@pytest.fixture(scope="module")
def plan():
    return plan_for()


@pytest.fixture
def root(tmp_path):
    """A repository whose econ-qa asks the evaluation `again` of base and qlora; it is written by `ask`."""
    for name in ("config", "resources", "workflow"):
        (tmp_path / name).mkdir()
    for path in (ROOT / "config").iterdir():
        if path.name not in ("studies", "evaluations"):
            (tmp_path / "config" / path.name).symlink_to(path)
    for name in ("studies", "evaluations"):
        (tmp_path / "config" / name).mkdir()
    return tmp_path


def ask(root, arms=("base", "qlora"), study="econ-qa", name="again", **given):
    """Return the study with an evaluation of it; what is None is left out."""
    content = yaml.safe_load((ROOT / f"config/studies/{study}.yaml").read_text(encoding="utf-8"))
    content["evaluations"] = {name: list(arms)}
    (root / f"config/studies/{study}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    said = {key: value for key, value in {**TOY, **given}.items() if value is not None}
    (root / f"config/evaluations/{name}.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    return resolve.study_at(study, configuration(studies=[study]), root)


def asking(plan, study):
    """Return the plan with a study in the place of its own."""
    return dataclasses.replace(plan, studies={study.name: study})


def test_a_studys_own_rows_are_its_evaluation_own(plan):
    study = plan.studies["econ-qa"]
    own = study.evaluations["own"]
    assert list(study.evaluations) == ["own"] and study.others == []
    assert (own.prompt, own.metrics, own.answered, own.skipped) == (
        None, study.settings["metrics"], study.answered, {}
    )  # fmt: skip
    assert own.rowset_of(study.arms["qlora"]) == "all"
    assert own.prompt_of(study.arms["qlora"]) == "econ-qa.clean"
    with_submission = dataclasses.replace(own, unscored=["submission"])
    assert with_submission.skipped == {"skip_splits": ["submission"]}
    assert with_submission.answered == [*own.splits, "submission"]


def test_jobs_of_an_evaluation_take_its_rows_prompt_and_metrics(plan, root):
    plan = asking(plan, ask(root))
    job = Job(study="econ-qa", evaluation="again", model="tiny-eeve", arm="qlora", seed="42")
    folder = "results/mini/econ-qa/prompts/tiny-eeve/again/econ-qa.clean"
    assert answers.prompts(plan, job) == [f"{folder}/test.parquet"]
    assert scores.evaluation_rows(plan, job) == ["results/mini/econ-qa/rows/again/test.parquet"]
    assert [metric["name"] for metric in scores.scoring(plan, job)["metrics"]] == ["exact_match", "rouge_l"]
    assert scores.modules(plan, job) == [f"kotune.scoring.metrics.text.{name}" for name in ("exact_match", "rouge_l")]
    assert answers.generation(plan, job)["max_new_tokens"] == 5
    assert answers.generation(plan, Job(job, evaluation="own"))["max_new_tokens"] == 32, "its own rows as before"
    assert paths.prompt_folder(plan, "econ-qa", "tiny-eeve", "qlora").endswith("/all/econ-qa.clean"), "it learns those"


def test_an_evaluations_rows_are_a_rowset_of_its_name(plan, root):
    plan = asking(plan, ask(root))
    job = Job(study="econ-qa", rowset="again", model="tiny-eeve", prompt="econ-qa.clean")
    assert list(data.source(plan, job)["files"]) == ["test"]
    assert data.modules(plan, job) == ["kotune.rows.tasks.context_qa.TASK"]
    window = plan.studies["econ-qa"].models["tiny-eeve"]["context_window"]
    assert prompts.rendering(plan, job)["max_tokens"] == window - 5
    assert set(paths.constraints(plan)["rowset"].split("|")) == {"again", "all"}
    assert set(paths.constraints(plan)["evaluation"].split("|")) == {"again", "own"}


def test_arms_that_are_asked_are_compared_with_the_base_by_all_its_metrics(plan, root):
    plan = asking(plan, ask(root))
    study, job = plan.studies["econ-qa"], Job(study="econ-qa", compared="evaluations/again")
    assert len(scores.files(plan, job)) == 5 + 4
    assert all(path.startswith("results/mini/econ-qa/scores/again/") for path in scores.files(plan, job))
    asked = scores.comparing(plan, job)
    assert [metric["name"] for metric in asked["metrics"]] == ["exact_match", "rouge_l"]
    assert {pair["name"] for pair in asked["comparisons"]} == {"qlora-vs-base", "between-models"}
    alone = asking(plan, ask(root, arms=["qlora"]))
    assert {pair["name"] for pair in comparisons.comparisons_of(alone.studies["econ-qa"], "again")} == {
        "between-models"
    }
    assert scores.selected_file(plan, job) == [] and study.asked("again") == study.treatments()


def test_the_selected_model_is_asked_with_settings_of_the_evaluations_own(plan, root):
    study = ask(root, study="context-qa", arms=("base", "clean"), prompt="context-qa.two_turn")
    plan = asking(plan_for("context-qa"), study)
    job = Job(study="context-qa", rowset="again", model="selected", prompt="context-qa.two_turn")
    name = prompts.rendering_part(plan, job)
    assert name == "rendering-context-qa.two_turn@again"
    assert models.asked_of(name) == ("rendering", "context-qa.two_turn", "again")
    assert models.asked_of("generation-context-qa.two_turn") == ("generation", "context-qa.two_turn", "own")
    compared = Job(study="context-qa", compared="evaluations/again")
    assert scores.labels(plan, compared)[-1]["arm"] == "base", "the base of the selected model stands beside it"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"arms": ["qlra"]}, "evaluations.again: unknown arm 'qlra'; did you mean 'qlora'"),
        ({"name": "all"}, "'all' is the name of the study's own rows; give the evaluation another one"),
        ({"name": "own"}, "'own' is the name of the study's own rows"),
        ({"metrics": ["exact_mach"]}, "again.yaml: key 'metrics.0': .*did you mean 'exact_match'"),
        ({"primary_metric": "char_f1"}, "primary_metric 'char_f1' is not among its metrics"),
        ({"metrics": ["consistency", "rouge_l"]}, "'consistency' needs reasoning, which its answers"),
        ({"dataset": "mini-econ-nwes"}, "again.yaml: unknown dataset 'mini-econ-nwes'; did you mean 'mini-econ-news'"),
        ({"protocol": {"splits": ["valid", "test", "tset"]}}, "again.yaml: key 'protocol.splits.2'"),
        ({"prompt": "econ-qa.cleen"}, "unknown variant 'cleen'; did you mean 'clean'"),
        ({"task": "context_qa"}, "key 'task': .*did you mean 'context-qa'"),
        ({"path": "mine.csv"}, "again.yaml: "),
        ({"dataset": None, "path": "mine.csv"}, None),
    ],
)
def test_a_mistake_is_named_with_its_file(root, given, message):
    if message is None:
        assert ask(root, **given).evaluations["again"].source["files"] == {"test": "mine.csv"}
        return
    with pytest.raises(UserError, match=message):
        ask(root, **given)


PROMPTS = {
    "title": "Prompts",
    "dataset": None,
    "path": "resources/mini/safe-chat/prompts.jsonl.xz",
    "task": "chat",
    "prompt": "safe-chat.clean",
    "by": ["kind", "category"],
    "metrics": ["refusal", "similarity"],
    "primary_metric": "refusal",
    "protocol": None,
}


def test_an_evaluation_by_group_says_which_metrics_need_gold_answers(plan, root):
    plan = asking(plan, ask(root, **PROMPTS))
    job = Job(study="econ-qa", evaluation="again", model="tiny-eeve", arm="qlora", seed="42")
    assert scores.scoring(plan, job)["golden"] == ["similarity"]
    asked = scores.comparing(plan, Job(study="econ-qa", compared="evaluations/again"))
    assert (asked["by"], asked["gold"]) == (["kind", "category"], "output")
    assert [metric.get("golden", False) for metric in asked["metrics"]] == [False, True]


def test_other_evaluations_are_told_nothing_of_groups(plan, root):
    plan = asking(plan, ask(root))
    job = Job(study="econ-qa", evaluation="again", model="tiny-eeve", arm="qlora", seed="42")
    assert "golden" not in scores.scoring(plan, job)
    assert "by" not in scores.comparing(plan, Job(study="econ-qa", compared="evaluations/again"))


def test_a_label_that_rows_do_not_have_is_named_with_the_nearest(root):
    with pytest.raises(UserError, match=r"again\.yaml, by: .* no label 'kinds'; did you mean 'kind'"):
        ask(root, **{**PROMPTS, "by": ["kinds", "category"]})


def test_the_bundled_prompts_can_be_asked_of_any_study(root):
    given = yaml.safe_load((ROOT / "config/evaluations/safety-prompts.yaml").read_text(encoding="utf-8"))
    study = ask(root, name="safety-prompts", **{**dict.fromkeys(TOY), **given})
    assert study.evaluations["safety-prompts"].by == ["kind", "category"]


CODE = {"dataset": None, "path": "tasks.jsonl", "task": "code", "protocol": {}, "metrics": ["pass_at_1"]}


def test_tasks_in_humanevals_layout_can_be_asked_of_any_study(root):
    study = ask(root, **CODE, primary_metric="pass_at_1", by=["examples", "category"])
    asked = study.evaluations["again"]
    assert (asked.metrics, asked.golden, asked.splits) == (["pass_at_1"], [], ["test"])


DRAWN = {"do_sample": True, "samples": 10}


def test_an_evaluation_asks_for_samples_and_a_scale_for_fewer(root):
    given = CODE | {"metrics": ["pass_at_1", "pass_at_10"], "protocol": {"generation": DRAWN}}
    study = ask(root, **given, primary_metric="pass_at_1")
    assert study.evaluations["again"].generation["samples"] == 10
    assert "samples" not in study.evaluations["own"].generation, "one answer is what there is without the key"
    lens = {"generation": {"samples": 4}}
    settings = {"generation": {"max_new_tokens": 5}}
    assert evaluations.generation_of(settings, lens, "here", DRAWN)["samples"] == 4
    assert "samples" not in evaluations.generation_of(settings, lens, "here"), "nobody asks for several"
    assert "samples" not in evaluations.generation_of(settings, {"generation": {"samples": 1}}, "here", DRAWN)


def test_kr_humaneval_can_be_asked_of_a_model_without_turns(root):
    given = yaml.safe_load((ROOT / "config/evaluations/kr-humaneval.yaml").read_text(encoding="utf-8"))
    (root / given["path"]).parent.mkdir(parents=True)
    (root / given["path"]).touch()
    study = ask(root, arms=["base"], study="korquad", name="kr-humaneval", **{**dict.fromkeys(TOY), **given})
    asked = study.evaluations["kr-humaneval"]
    assert asked.generation["samples"] == 10 and asked.metrics == ["pass_at_1", "pass_at_10"]


def test_samples_that_cannot_be(root):
    with pytest.raises(UserError, match="again.yaml, protocol.generation.samples: greedy answers to one row are all"):
        ask(root, **CODE | {"protocol": {"generation": {"samples": 10}}}, primary_metric="pass_at_1")
    with pytest.raises(UserError, match="'pass_at_100' needs at least 100 answers to each row, and there is 10"):
        given = CODE | {"metrics": ["pass_at_1", "pass_at_100"], "protocol": {"generation": DRAWN}}
        ask(root, **given, primary_metric="pass_at_1")


def test_more_draws_than_answers_are_refused_at_the_start(root):
    with pytest.raises(UserError, match="again.yaml, metrics: 'pass_at_10' needs at least 10 answers to each row"):
        ask(root, **CODE | {"metrics": ["pass_at_1", "pass_at_10"]}, primary_metric="pass_at_1")
