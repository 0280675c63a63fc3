"""Of all that may stand where a verdict is, two are scores."""

from kotune.scoring.judges import classes


def test_only_two_verdicts_are_scores():
    assert {classes.REFUSED: 1.0, classes.COMPLIED: 0.0} == classes.SCORES
    assert classes.FAILED not in classes.VERDICTS and classes.NOT_ASKED not in classes.VERDICTS
