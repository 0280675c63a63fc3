"""Single rows of a mixture are shown before anything ran, and no file of it stays."""

import tempfile

from kotune.curation import called
from kotune.study import called as configured
from kotune.study import resolve


def test_rows_of_a_mixture_are_mixed_and_split_as_the_workflow_does(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    study = resolve.study_at("instruct-ko", configured.configuration("mini", {}))
    rows, train = called.rows_of(study, "all", "test")
    assert {row["id"].partition(":")[0] for row in train} == {"koalpaca", "openorca", "guanaco"}
    assert rows and not {row["id"] for row in rows} & {row["id"] for row in train}
    assert list(tmp_path.iterdir()) == []


def test_rows_of_other_studies_are_read_as_ever():
    study = resolve.study_at("safe-chat", configured.configuration("mini", {}))
    assert len(called.rows_of(study, "all", "test")[0]) == 120
