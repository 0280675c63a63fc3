"""Stacking: a random forest predicts each answer's character F1 from its features; the highest prediction is taken.

Fitted on the training split (valid) alone, whose own rows are scored by forests that did not see their article. Rows
that one member alone was asked leave no choice: nothing is fitted on them. Reads and writes nothing.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.scoring.ballots import Ballot
from kotune.scoring.metrics.text import char_f1_of, normalise

if TYPE_CHECKING:
    import numpy as np


FOLDS = 5
# large leaves: a valid split is small, and a forest that learns its rows by heart does worse than a plain vote
FOREST = {"n_estimators": 100, "min_samples_leaf": 15, "max_features": 0.5}


def _features(ballot: Ballot) -> list[list[float]]:
    """Return for each voter, of two or more, what stacking sees of its answer; never the gold answer."""
    context = normalise(ballot.context).replace(" ", "")
    question = normalise(ballot.question).split()
    plain = [normalise(answer) for answer in ballot.votes]
    lengths = [len(text.replace(" ", "")) for text in plain]
    usual = statistics.median(lengths)
    agreement = [
        [char_f1_of(text, other) for second, other in enumerate(plain) if second != first]
        for first, text in enumerate(plain)
    ]
    most = max(statistics.fmean(of_member) for of_member in agreement)
    features = []
    for number, text in enumerate(plain):
        squeezed, words = text.replace(" ", ""), text.split()
        features.append(
            [
                statistics.fmean(agreement[number]),
                statistics.fmean(agreement[number]) - most,
                max(agreement[number]),
                min(agreement[number]),
                sum(text == other for other in plain) / len(plain),
                lengths[number],
                lengths[number] - usual,
                len(words),
                float(bool(squeezed) and squeezed in context),
                sum(word in question for word in words) / max(1, len(words)),
                float(any(letter.isdigit() for letter in squeezed)),
                *(float(ballot.voters[number] == member) for member in range(len(ballot.answers))),
            ]
        )
    return features


def stacking(ballots: Sequence[Ballot], train_split: str = "valid", seed: int = 0) -> list[int | None]:
    """Return for each ballot the first member that gave the answer of which the best character F1 is expected.

    The model is fitted on the ballots of ``train_split`` alone. The rows of that split get their expectations from
    models that were fitted without their article, so that the split's score is not flattered. Where one member alone
    was asked it is taken, where nobody was asked nobody (None). Raises UserError when the split is a test split, is not
    there, lacks gold answers, or holds fewer than two articles of which two members or more were asked.
    """
    train = _fitted_on(ballots, train_split)
    import numpy as np

    open_rows = [number for number, ballot in enumerate(ballots) if len(ballot.voters) > 1]
    place_of = {number: place for place, number in enumerate(open_rows)}
    features = [np.array(_features(ballots[number])) for number in open_rows]  # of each row (voters, features)
    articles = dict.fromkeys(ballots[number].article or ballots[number].id for number in train)
    fold_of = {article: number % FOLDS for number, article in enumerate(articles)}
    folds = [fold_of[ballots[number].article or ballots[number].id] for number in train]
    seen = [features[place_of[number]] for number in train]
    targets = [[char_f1_of(answer, ballots[number].golds) for answer in ballots[number].votes] for number in train]
    expected = _expected(seen, targets, features, seed)
    for fold in range(max(folds) + 1):
        inside = [place for place, of_row in enumerate(folds) if of_row == fold]
        outside = [place for place, of_row in enumerate(folds) if of_row != fold]
        judged = _expected(
            [seen[place] for place in outside], [targets[place] for place in outside],
            [seen[place] for place in inside], seed,
        )  # fmt: skip
        for place, values in zip(inside, judged, strict=True):
            expected[place_of[train[place]]] = values
    best = {number: ballots[number].voters[int(expected[place].argmax())] for number, place in place_of.items()}
    return [_first_with(ballot, best.get(number)) for number, ballot in enumerate(ballots)]


def _fitted_on(ballots: Sequence[Ballot], train_split: str) -> list[int]:
    """Return the numbers of the ballots that stacking is fitted on; UserError where it cannot honestly be fitted."""
    if train_split.startswith("test"):
        raise UserError(f"stacking: the split '{train_split}' is for testing, nothing is fitted on it; use 'valid'")
    of_split = [number for number, ballot in enumerate(ballots) if ballot.split == train_split]
    if not of_split:
        known = ", ".join(dict.fromkeys(ballot.split for ballot in ballots))
        raise UserError(f"stacking: there are no rows of the split '{train_split}' to fit on (splits: {known})")
    for number in of_split:
        if not ballots[number].golds:
            raise UserError(f"stacking: the row '{ballots[number].id}' of '{train_split}' has no gold answer to fit on")
    train = [number for number in of_split if len(ballots[number].voters) > 1]
    held = len({ballots[number].article or ballots[number].id for number in train})
    if held < 2:
        few = ("one article" if held else "no article") + (" with a vote of two" if len(train) < len(of_split) else "")
        raise UserError(
            f"stacking: the split '{train_split}' holds {few}, two are needed to fit on; bring more rows, raise "
            f"split.{train_split} of the study or take stacking off its ensembles' methods"
        )
    return train


def _first_with(ballot: Ballot, best: int | None) -> int | None:
    """Return the first member with the answer of the best, else the only voter, else None."""
    if best is None:
        return ballot.voters[0] if ballot.voters else None
    return ballot.answers.index(ballot.answers[best])


def _expected(
    seen: Sequence[np.ndarray], targets: Sequence[Sequence[float]], asked: Sequence[np.ndarray], seed: int
) -> list[np.ndarray]:
    """Fit on rows of (voters, features) and their F1 (voters,); return the expected F1 (voters,) of each row asked."""
    import numpy as np
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(**FOREST, random_state=seed, n_jobs=1)
    forest.fit(np.concatenate(seen), np.concatenate([np.array(of_row) for of_row in targets]))
    values = forest.predict(np.concatenate(asked))
    return np.split(values, np.cumsum([len(of_row) for of_row in asked])[:-1])
