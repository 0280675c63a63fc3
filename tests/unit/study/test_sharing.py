"""A study that shares another's rows and arms, and an arm that answers with another arm's adapter."""

import pytest
import studies
from changed_study import changed_study

from kotune.core.errors import UserError
from kotune.study import comparisons, evaluations

TRIES = "econ-qa-tries"


def test_what_is_not_said_is_the_other_studys():
    ours, theirs = studies.study(TRIES), studies.study()
    for of in ("source", "splits", "models", "names", "seeds", "lens", "embedder", "evaluated"):
        assert getattr(ours, of) == getattr(theirs, of), of
    assert ours.own.generation == theirs.own.generation and ours.own.metrics == theirs.own.metrics
    for arm in ("base", "qlora"):
        assert ours.arms[arm] == theirs.arms[arm]
    assert ours.settings["title"] != theirs.settings["title"]
    assert not {"ensembles", "submission", "published", "selection"} & set(ours.settings)


def test_shared_arms_and_rows_are_under_the_other_studys_name_and_own_arms_are_not():
    study = studies.study(TRIES)
    assert study.owner == "econ-qa" and study.shared_arms == ["base", "qlora"]
    owners = {arm: study.owner_of(arm) for arm in study.arms}
    assert owners == dict.fromkeys(study.arms, TRIES) | {"base": "econ-qa", "qlora": "econ-qa"}
    alone = studies.study()
    assert alone.owner == alone.owner_of("qlora") == "econ-qa" and alone.shared_arms == []


def test_an_arm_with_another_arms_adapter_trains_none_and_is_asked_otherwise():
    study = studies.study(TRIES)
    arm = study.arms["as_trained"]
    published = study.arms["as_published"]
    assert [arm[key] for key in ("adapter", "answers_with")] == ["as_published", "econ-qa.as_trained"]
    assert all(arm[key] == published[key] for key in ("rowset", "prompt", "recipe", "models"))
    assert evaluations.asked_with(arm) == "econ-qa.as_trained"
    assert evaluations.asked_with(published) == published["prompt"] == "econ-qa.as_published"
    assert [name for name in study.arms if study.trains(name)] == [
        "qlora",
        "as_published",
        "morph",
        "extractive",
        "rag",
    ]


def test_arms_are_compared_with_one_another_and_models_are_not():
    pairs = comparisons.comparisons_of(studies.study(TRIES))
    own = [one for one in pairs if one["name"] == "as_trained-vs-as_published"]
    assert [(one["a"]["arm"], one["b"]["arm"]) for one in own] == [("as_published", "as_trained")] * 3
    assert all(one["a"]["model"] == one["b"]["model"] for one in pairs)
    assert sum(one["name"] == "as_published-vs-qlora" for one in pairs) == 3
    assert sum(one["name"] == "as_trained-vs-qlora" for one in pairs) == 3


def test_the_prompt_of_answering_may_differ_in_any_study(tmp_path):
    def otherwise(study):
        study["arms"]["qlora"]["answers_with"] = "econ-qa.as_published"
        study["arms"]["qlora"]["models"] = ["ko-gemma-2-9b-it"]
        study.pop("ensembles")
        study.pop("submission")

    arm = changed_study(tmp_path, otherwise).arms["qlora"]
    assert (arm["prompt"], evaluations.asked_with(arm)) == ("econ-qa.clean", "econ-qa.as_published")


def test_rows_are_brought_under_the_name_of_their_study(tmp_path):
    (tmp_path / "my.csv").write_text("id,context,question,answer\n", encoding="utf-8")
    path = str(tmp_path / "my.csv")
    brought = {"econ-qa": path}
    assert studies.study(TRIES, data=brought).source == studies.study(data=brought).source
    with pytest.raises(UserError, match=r"shares the rows of 'econ-qa'.*--config data='\{econ-qa: .*my.csv\}'"):
        studies.study(TRIES, data={TRIES: path})
    with pytest.raises(UserError, match="without_reasoning: 'econ-qa-tries' shares the rows of 'econ-qa'"):
        studies.study(TRIES, without_reasoning=[TRIES])


def shares(**given):
    return lambda study: study["shares"].update(given)


def arm(name, **given):
    return lambda study: study["arms"].update({name: given})


def as_trained(**given):
    return lambda study: study["arms"]["as_trained"].update(given)


GEMMA = "ko-gemma-2-9b-it"
SHOTS = {"adapter": "base", "answers_with": "econ-qa.as_published", "models": [GEMMA]}
PUBLISHED = {"rowset": "all", "prompt": "econ-qa.as_published", "recipe": "qlora-r6"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (shares(study=TRIES), "key 'shares': a study cannot share itself"),
        (shares(study="econ-q"), "no file 'econ-q.yaml'; did you mean 'econ-qa'"),
        (shares(study="context-qa"), "'context-qa' tunes the model that it selects, which cannot be shared"),
        (shares(arms=["base", "qlra"]), "key 'shares', arms: unknown arm 'qlra'; did you mean 'qlora'"),
        (lambda study: study.update(dataset="qa-no7"), "key 'dataset': it is that of 'econ-qa', .* take it away"),
        (arm("qlora", **PUBLISHED), "arm 'qlora': it is shared with 'econ-qa'; give the study's own arm another name"),
        (
            arm("more", **PUBLISHED, **{"from": "shots"}, models=[GEMMA]),
            "'from': the arm 'shots' has no adapter to start",
        ),
        (as_trained(adapter="as_publishd"), "key 'adapter': unknown arm 'as_publishd'; did you mean 'as_published'"),
        (as_trained(adapter="as_trained"), "'as_trained' trains no adapter itself"),
        (as_trained(models=["qwen2.5-3b-instruct"]), "'as_published' has no adapter of 'qwen2.5-3b-instruct'"),
        (as_trained(answers_with="econ-qa.as_traned"), "unknown variant 'as_traned'; did you mean 'as_trained'"),
        (as_trained(recipe="qlora-r6", rowset="all"), "as_trained"),
        (arm("more", **PUBLISHED, **{"from": "as_trained"}), "trains no adapter of its own; write from: as_published"),
    ],
)
def test_what_contradicts_is_refused_at_start(tmp_path, change, message):
    with pytest.raises(UserError, match=message):
        changed_study(tmp_path, lambda study: (arm("shots", **SHOTS)(study), change(study)), TRIES)


def test_the_base_may_be_asked_with_another_prompt(tmp_path):
    study = changed_study(tmp_path, arm("shots", **SHOTS), TRIES)
    shots, base = study.arms["shots"], study.arms["base"]
    assert not study.trains("shots") and study.untuned("shots") and not study.untuned("as_trained")
    assert (shots["recipe"], shots["seeds"], shots["models"]) == (base["recipe"], [42], ["tiny-gemma2"])
    assert evaluations.asked_with(shots) == "econ-qa.as_published"
    pairs = [one for one in comparisons.comparisons_of(study) if "shots" in (one["a"]["arm"], one["b"]["arm"])]
    with_base = [one for one in pairs if one["a"]["arm"] == "base"]
    assert [(one["name"], one["claim"]) for one in with_base] == [("shots-vs-base", "further tuning")]


def test_a_study_that_shares_nothing_says_everything_itself(tmp_path):
    with pytest.raises(UserError, match="dataset|rowsets|candidates"):
        changed_study(tmp_path, lambda study: study.pop("shares"), TRIES)


def test_chains_of_sharing_are_refused(tmp_path):
    studies.copied(tmp_path)
    third = tmp_path / "config/studies/third.yaml"
    third.write_bytes((tmp_path / f"config/studies/{TRIES}.yaml").read_bytes())
    with pytest.raises(UserError, match=f"'{TRIES}' shares 'econ-qa' itself; name that one"):
        changed_study(tmp_path, shares(study=TRIES), "third")
