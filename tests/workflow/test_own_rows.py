"""A user's own rows, one file, loose files or open.zip: what a study makes of them, and what is planned for them."""

import shutil

import dacon_rows
import pytest
from checkout import ROOT, planned
from shortened import rewrite

from kotune.core.catalogue import configuration_at, read_yaml
from kotune.core.errors import UserError
from kotune.study import resolve


@pytest.fixture
def config():
    return configuration_at()


def test_a_fault_in_what_was_published_is_named_at_the_start(config, tmp_path):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    rewrite(tmp_path / "config/published/econ-qa.yaml", lambda file: file["scores"][0].update(markk="SEEN"))
    with pytest.raises(
        UserError, match="published/econ-qa.yaml: key 'scores.0': unknown key 'markk'; did you mean 'mark'"
    ):
        resolve.study_at("econ-qa", config, tmp_path)


def test_the_printed_kobest_values_are_counts_of_rows():
    for score in read_yaml(ROOT / "config/published/kobest.yaml")["scores"]:
        if "right" in score:
            share, rows = score["right"] / score["rows"], score["rows"]
            assert round(share, 4) == score["value"]
            assert round((share * (1 - share) / (rows - 1)) ** 0.5, 4) == score["stderr"]


def test_a_broken_archive_is_named_at_the_start(config, tmp_path):
    (tmp_path / "open.zip").write_bytes(b"<html>")
    with pytest.raises(UserError, match="open.zip: not a whole archive"):
        resolve.study_at("econ-qa", {**config, "data": {"econ-qa": str(tmp_path / "open.zip")}})


def test_submissions_are_planned_where_there_is_something_to_submit(tmp_path):
    path = dacon_rows.archived(tmp_path / "open.zip", dacon_rows.texts(50, 10))
    assert planned(ROOT, "--forceall", "--config", f"data={{'econ-qa': '{path}'}}")["write_submission"] == 2
