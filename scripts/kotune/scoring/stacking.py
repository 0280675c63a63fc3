"""Stacking: a random forest predicts each answer's character F1 from its features; the highest prediction is taken.

Fitted on the training split (valid) alone, whose own rows are scored by forests that did not see their article. Reads
and writes nothing.
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


def _features(ballot: Ballot) -> list[list[float]]:
    """Return for each member what stacking sees of its answer; never the gold answer."""
    context = normalise(ballot.context).replace(" ", "")
    question = normalise(ballot.question).split()
    plain = [normalise(answer) for answer in ballot.answers]
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
                *(float(number == member) for member in range(len(plain))),
            ]
        )
    return features


def stacking(ballots: Sequence[Ballot], train_split: str = "valid", seed: int = 0) -> list[int]:
    """Return for each ballot the first member that gave the answer of which the best character F1 is expected.

    The model is fitted on the ballots of ``train_split`` alone. The rows of that split get their expectations from
    models that were fitted without their article, so that the split's score is not flattered. Raises UserError when the
    split is a test split, is not there, lacks gold answers, or holds fewer than two articles.
    """
    if train_split.startswith("test"):
        raise UserError(f"stacking: the split '{train_split}' is for testing, nothing is fitted on it; use 'valid'")
    train = [number for number, ballot in enumerate(ballots) if ballot.split == train_split]
    if not train:
        known = ", ".join(dict.fromkeys(ballot.split for ballot in ballots))
        raise UserError(f"stacking: there are no rows of the split '{train_split}' to fit on (splits: {known})")
    for number in train:
        if not ballots[number].golds:
            raise UserError(f"stacking: the row '{ballots[number].id}' of '{train_split}' has no gold answer to fit on")
    articles = list(dict.fromkeys(ballots[number].article or ballots[number].id for number in train))
    if len(articles) < 2:
        raise UserError(
            f"stacking: the split '{train_split}' holds one article, two are needed to fit on; bring more rows, raise "
            f"split.{train_split} of the study or take stacking off its ensembles' methods"
        )
    import numpy as np

    features = np.array([_features(ballot) for ballot in ballots])  # (rows, members, features)
    fold_of = {article: number % FOLDS for number, article in enumerate(articles)}
    folds = np.array([fold_of[ballots[number].article or ballots[number].id] for number in train])
    rows = np.array(train)
    targets = np.array(
        [[char_f1_of(answer, ballots[number].golds) for answer in ballots[number].answers] for number in train]
    )
    expected = _expected(features[rows], targets, features, seed)
    for fold in range(int(folds.max()) + 1):
        inside = folds == fold
        expected[rows[inside]] = _expected(features[rows[~inside]], targets[~inside], features[rows[inside]], seed)
    best = expected.argmax(axis=1)  # the first of equals
    return [ballot.answers.index(ballot.answers[member]) for ballot, member in zip(ballots, best, strict=True)]


def _expected(seen: np.ndarray, targets: np.ndarray, asked: np.ndarray, seed: int) -> np.ndarray:
    """Fit on (rows, members, features) and (rows, members); return the expected F1 (rows, members) of ``asked``."""
    from sklearn.ensemble import RandomForestRegressor

    # large leaves: a valid split is small, and a forest that learns its rows by heart does worse than a plain vote
    forest = RandomForestRegressor(n_estimators=100, min_samples_leaf=15, max_features=0.5, random_state=seed, n_jobs=1)
    forest.fit(seen.reshape(-1, seen.shape[-1]), targets.ravel())
    return forest.predict(asked.reshape(-1, asked.shape[-1])).reshape(asked.shape[:2])
