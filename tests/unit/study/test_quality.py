"""Ratings and chosen rowsets that cannot be are refused at the start, each by one line."""

import pytest
from rated_study import QUALITY, rated

from kotune.core.catalogue import configuration_at
from kotune.core.errors import UserError
from kotune.study import quality

FILTERED = {"of": "all", "filter": {"at_least": 3}}


def test_rowsets_that_are_chosen_are_told(tmp_path):
    found = rated(tmp_path, {"good": FILTERED}, arms={"good": "good"})
    assert found.chosen == {"good": FILTERED}
    assert quality.rated(FILTERED)
    assert not quality.rated({"of": "all", "choose": {"by": "diversity", "rows": 3}})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"of": "al", "filter": {"at_least": 3}}, "rowset 'good', of: unknown rowset 'al'; did you mean 'all'"),
        ({"of": "all", "filter": {"at_least": 6}}, "rowsets.good.filter.at_least': 6 is greater than the maximum of 5"),
        ({"of": "all", "filter": {"without": ["undocumentd"]}}, "did you mean 'undocumented'"),
        ({"of": "all", "filter": {"without": ["boilerplate"]}}, "'boilerplate' is a feature of programs; drop it"),
        (
            {"of": "all", "filter": {"topic_share": 0.2}},
            "filter.topic_share: no column holds topics; name one by quality",
        ),
        ({"of": "all", "filter": {"topic_share": 1.5}}, "rowsets.good.filter.topic_share"),
        ({"of": "all", "choose": {"by": "diversty", "rows": 3}}, "rowsets.good.choose.by"),
        ({"of": "all", "choose": {"by": "random", "rows": 0}}, "rowsets.good.choose.rows"),
        ({"of": "all", "choose": {"by": "deita", "rows": 3}}, "deita needs a complexity, .* ask for it by quality.ifd"),
        ({"of": "all", "choose": {"by": "random", "rows": 3, "clusters": 4}}, "only 'diversity' has it; take it away"),
        ({"filter": {"at_least": 3}}, "rowsets.good"),
        ({"of": "all"}, "rowsets.good"),
        ({"of": "all", "add": ["dacon-236291"]}, "add: 'dacon-236291' is the study's own data set"),
        ({"of": "all", "add": ["mini-safe-chat"]}, "have no column 'context', which the study's task needs"),
        ({"of": "all", "add": ["mini-econ"]}, "add: unknown dataset 'mini-econ'; did you mean 'mini-econ-news'"),
    ],
)
def test_rowsets_that_cannot_be_chosen_are_refused(tmp_path, given, message):
    with pytest.raises(UserError, match=message):
        rated(tmp_path, {"good": given})


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (None, "nothing rates the rows; say how by the study's key 'quality'"),
        ({**QUALITY, "rowset": "al"}, "quality.rowset: unknown rowset 'al'; did you mean 'all'"),
        ({**QUALITY, "rowset": "good"}, "quality.rowset: 'good' is made of another one's rows"),
        ({"rowset": "all", "labels": {"column": "vale"}}, "labels.column: rows of the task have no column 'vale'"),
        ({"rowset": "all", "labels": {}}, "quality.labels"),
        ({"rowset": "all", "labels": {"column": "question", "id": "a"}}, "labels.id: it names a column of a file"),
        (
            {"rowset": "all", "labels": {"path": "lables.csv"}},
            "there is no 'lables.csv' in .*; did you mean 'labels.csv'",
        ),
        (
            {**QUALITY, "second_labels": {"column": "vale"}},
            "second_labels.column: rows of the task have no column 'vale'",
        ),
        ({**QUALITY, "second_labels": {"path": "lables.csv"}}, "second_labels: there is no 'lables.csv' in .*"),
        ({**QUALITY, "second_labels": QUALITY["labels"]}, "second_labels: these are the labels that are learned"),
        ({**QUALITY, "published": "econ-qa"}, "published: 'econ-qa' has no figures of filters; name another file"),
        ({**QUALITY, "ifd": {"prompt": "econ-qa.clear"}}, "unknown variant 'clear'; did you mean 'clean'"),
        ({**QUALITY, "truth": "noise"}, "quality.truth: rows of the task have no column 'noise'"),
        ({**QUALITY, "threshold": 6}, "quality.threshold"),
        ({**QUALITY, "ifd": {"prompt": "econ-qa.clean", "model": "gema"}}, "ifd.model: 'gema' is not a candidate"),
    ],
)
def test_ratings_that_cannot_be_are_refused(tmp_path, said, message):
    with pytest.raises(UserError, match=message):
        rated(tmp_path, {"good": FILTERED}, quality=said)


def test_rows_that_are_added_are_found_where_the_catalogue_says():
    settings, datasets = {"task": "context-qa", "dataset": "a"}, configuration_at()["datasets"]
    found = quality.added_rows("mini-econ-news", settings, datasets, True, "add")
    assert found["path"] == "resources/mini/econ-news/train.csv.xz"
    found = quality.added_rows("klue-mrc", settings, datasets, False, "add")
    assert (found["path"], found["hub"]) == ("resources/hub/datasets/klue-mrc/train.parquet", "klue-mrc")
