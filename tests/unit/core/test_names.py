"""Names that files and settings agree on lead to what is really there."""

from kotune.core.catalogue import SCHEMAS, read_yaml
from kotune.core.names import BASE, ENSEMBLE, EVALUATED, ROOT, SELECTED, SPLITS, SUBMISSION, TRAIN


def test_the_root_is_the_repository():
    assert (ROOT / "Snakefile").is_file() and (ROOT / "scripts/kotune/core/names.py").is_file()


def test_nothing_is_scored_on_rows_that_were_learned_or_that_have_no_gold():
    assert {TRAIN, SUBMISSION}.isdisjoint(EVALUATED)
    assert {TRAIN, SUBMISSION, *EVALUATED} == set(SPLITS) and len(set(SPLITS)) == len(SPLITS)


def test_no_model_or_arm_can_take_a_name_that_stands_for_something_else():
    models = read_yaml(ROOT / "config/models.yaml")["models"]
    assert {ENSEMBLE, SELECTED}.isdisjoint(models)
    assert len({BASE, ENSEMBLE, SELECTED}) == 3
    assert SCHEMAS.is_dir()
