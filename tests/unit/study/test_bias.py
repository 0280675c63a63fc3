"""An evaluation may be questions on social groups: where its items come from, and what is refused at the start."""

import pytest
from changed_study import changed_study, rewritten
from checkout import ROOT
from studies import configuration, copied

from kotune.core.errors import UserError
from kotune.plan import preflight, start


def asking(root, arms=("base", "tuned"), **settings):
    """Return safe-chat, which asks the evaluation, at mini unless said otherwise."""
    settings = {"studies": ["safe-chat"], **settings}
    return changed_study(
        root, lambda study: study.update(evaluations={"kobbq": list(arms)}), name="safe-chat", **settings
    )


def test_any_arm_may_be_asked_it_and_at_mini_the_stand_in_is_read(tmp_path):
    study = asking(tmp_path)
    one = study.bias["kobbq"]
    assert one.path == "resources/mini/kobbq/test.tsv.xz" and one.hub == [] and one.columns["id"] == "sample_id"
    assert one.listings == ["letters", "texts", "unlisted"]
    assert {arm for _, arm, _ in study.asked("kobbq")} == {"base", "tuned"}
    assert "kobbq" not in study.evaluations and "kobbq" not in study.harness


def test_in_full_its_items_come_by_a_download(tmp_path):
    one = asking(tmp_path, scale="full").bias["kobbq"]
    assert one.path == "resources/hub/datasets/kobbq/test.parquet" and one.hub == ["kobbq"]
    assert one.columns["id"] == "id" and one.limit is None


def test_a_file_may_be_named_by_its_path(tmp_path):
    copied(tmp_path)
    given = {"path": "rows/groups.tsv", "columns": {"id": "sample_id"}}
    rewritten(tmp_path / "config/evaluations/kobbq.yaml", lambda file: file.update(bias=given))
    one = asking(tmp_path).bias["kobbq"]
    assert (one.path, one.columns, one.dataset, one.hub) == ("rows/groups.tsv", {"id": "sample_id"}, None, [])


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda file: file.update(prompt="chat.clean"), "kobbq.yaml: prompt may not stand beside bias"),
        (lambda file: file["bias"].update(dataset="kobq"), "unknown data set 'kobq'; did you mean 'kobbq'"),
        (lambda file: file["bias"].update(dataset="mini-korquad"), "rows of 'mini-korquad' have no column 'choices'"),
        (lambda file: file["bias"].update(listings=["letter"]), "'letter'.*letters"),
        (lambda file: file["bias"].update(order=1), "key 'bias': unknown key 'order'"),
        (lambda file: file["bias"].update(path="rows.tsv"), "bias.*dataset.*path"),
    ],
)
def test_what_cannot_be_is_refused_at_the_start(tmp_path, change, line):
    copied(tmp_path)
    rewritten(tmp_path / "config/evaluations/kobbq.yaml", change)
    with pytest.raises(UserError, match=line):
        asking(tmp_path)


def test_an_arm_that_is_not_there_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(UserError, match=r"safe-chat.yaml, evaluations.kobbq: unknown arm 'tund'; did you mean 'tuned'"):
        asking(tmp_path, arms=("base", "tund"), scale="full")


def test_a_file_that_is_not_there_stops_the_start(tmp_path):
    copied(tmp_path)
    for folder in ("resources", "paper"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    rewritten(tmp_path / "config/evaluations/kobbq.yaml", lambda file: file.update(bias={"path": "rows.tsv"}))
    with pytest.raises(UserError, match=r"rows.tsv.*items of config/evaluations/kobbq.yaml"):
        start.plan_of(configuration(studies=["safe-chat"]), ROOT, tmp_path)


def test_a_users_own_copy_may_be_named_by_the_data_set(tmp_path):
    file = tmp_path / "KoBBQ_test_samples.tsv"
    file.write_text("sample_id\n", encoding="utf-8")
    plan = start.plan_of(configuration(scale="full", studies=["safe-chat"], data={"kobbq": str(file)}), ROOT, ROOT)
    (asked,) = [one for one in preflight.everything(plan) if one["name"] == "kobbq"]
    assert asked["entry"]["own"] == str(file)
