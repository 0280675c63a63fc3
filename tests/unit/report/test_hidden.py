"""Rows of data sets that say `show: none` are known, alone and where they are added to others."""

from changed_study import changed_study, rewritten
from studies import configuration, copied

from kotune.core.catalogue import configuration_at
from kotune.report import hidden

DATASETS = configuration()["datasets"]


def test_the_catalogue_hides_all_of_square():
    found = {name for name in DATASETS if hidden.hides(name, DATASETS)}
    assert found == {name for name in DATASETS if name.startswith("square-")} != set()
    assert not hidden.hides("my-own-file", DATASETS)


def test_a_rowset_to_which_such_rows_are_added_is_hidden_and_no_other(tmp_path):
    copied(tmp_path)
    rewritten(
        tmp_path / "config/datasets.yaml", lambda content: content["datasets"]["mini-code-textbook"].update(show="none")
    )
    study = changed_study(tmp_path, lambda content: None, "data-quality")
    found = hidden.hidden_rowsets(study, configuration_at(tmp_path)["datasets"])
    assert found == [name for name, given in study.settings["rowsets"].items() if given.get("add")] != []
    assert hidden.hidden_rowsets(study, DATASETS) == []
    source = {"dataset": "mixed", "mixture": {"parts": [{"dataset": "alpaca"}, {"dataset": "square-acceptable"}]}}
    assert hidden.hides_source(source, DATASETS) and not hidden.hides_source({"dataset": "alpaca"}, DATASETS)
