"""Stacking is fitted on valid alone, judges no row by its own article, and refuses what it cannot honestly fit."""

from dataclasses import replace

import pytest
from ballots import ballot, mean, study

from kotune.core.errors import UserError
from kotune.scoring import ensembles
from kotune.scoring.ballots import Ballot
from kotune.scoring.ensembles import Method
from kotune.scoring.stacking import stacking


def test_stacking_learns_whom_to_trust_and_repeats_itself():
    ballots = study()
    chosen = stacking(ballots, seed=1)
    assert chosen == stacking(ballots, seed=1)
    voted = ensembles.choose(Method("majority", favourite=0), ballots)
    assert mean(ballots, chosen) > mean(ballots, voted) + 0.1
    assert mean(ballots, chosen) <= mean(ballots, ensembles.choose(Method("oracle"), ballots))


def test_stacking_never_sees_a_test_answer():
    ballots = study()
    blind = [Ballot(**{**vars(b), "golds": () if b.split == "test" else b.golds}) for b in ballots]
    assert stacking(blind) == stacking(ballots)


def test_stacking_does_not_judge_a_row_by_its_own_article():
    """A gold answer of the valid split must not change what is chosen for its own article."""
    ballots = study(valid=40, test=10)
    before = stacking(ballots)
    for number in (0, 7, 21):
        same = [n for n, b in enumerate(ballots) if b.split == "valid" and b.article == ballots[number].article]
        changed = [
            Ballot(**{**vars(b), "golds": (ballots[number].answers[0],)}) if n in same else b
            for n, b in enumerate(ballots)
        ]
        after = stacking(changed)
        assert [after[n] for n in same] == [before[n] for n in same]


def without_some(ballots):
    """The third member is asked every second row only, nobody every seventh, the second alone every eleventh."""
    asked = []
    for number, one in enumerate(ballots):
        first, second, third = one.answers
        third = third if number % 2 else None
        given = (None, second, None) if number % 11 == 0 else (first, second, third)
        asked.append(replace(one, answers=(None, None, None) if number % 7 == 0 else given))
    return asked


def test_stacking_takes_nobody_who_was_not_asked():
    ballots = without_some(study())
    chosen = stacking(ballots, seed=1)
    assert [member is None for member in chosen] == [not one.voters for one in ballots]
    assert all(member in one.voters for one, member in zip(ballots, chosen, strict=True) if member is not None)
    alone = [one.voters[0] for one in ballots if len(one.voters) == 1]
    assert [member for one, member in zip(ballots, chosen, strict=True) if len(one.voters) == 1] == alone
    # the third is right as a rule: where it was asked it is taken, or who gave its answer
    asked = [(one, member) for one, member in zip(ballots, chosen, strict=True) if 2 in one.voters]
    assert sum(one.answers[member] == one.answers[2] for one, member in asked) > 0.8 * len(asked)


def test_rows_without_a_choice_are_not_fitted_on():
    """Their golds, and their number, change nothing."""
    ballots = without_some(study())
    blind = [replace(one, golds=one.golds if len(one.voters) > 1 else ("다른",)) for one in ballots]
    assert stacking(blind) == stacking(ballots)
    single = [replace(one, answers=(one.answers[0], None, None)) for one in study(valid=4, test=2)]
    with pytest.raises(UserError, match="holds no article with a vote of two, two are needed"):
        stacking(single)


@pytest.mark.parametrize(
    ("ballots", "split", "message"),
    [
        ([ballot(0, "a", "b", split="test")], "valid", r"no rows of the split 'valid' to fit on \(splits: test\)"),
        ([ballot(0, "a", "b", gold=None), ballot(2, "a", "b")], "valid", "row 'valid-0' of 'valid' has no gold answer"),
        ([ballot(0, "a", "b"), ballot(1, "a", "b")], "valid", "holds one article"),
        ([ballot(0, "a", "b", split="test")], "test", "nothing is fitted on it"),
        ([ballot(0, "a", "b", split="test-unseen")], "test-unseen", "nothing is fitted on it"),
    ],
)
def test_stacking_refuses_what_it_cannot_honestly_fit(ballots, split, message):
    with pytest.raises(UserError, match=message):
        stacking(ballots, split)
