"""What a judged board can tell: how exact its means and ranks are, and which models may be its best.

A model's score is the mean over questions of the mean of their turns; the question is what is resampled, for all
models at once, since all answer the same. Two models *differ* where the 95 % paired interval of their difference holds
no 0. A model *may be the best* where no other leads it by more than chance: of all others' studentised leads over it,
less what they are, the largest is taken in each resample, and a lead is more than chance above the 95th percentile of
these (multiple comparisons with the best; J. C. Hsu, 1984, Annals of Statistics 12, 1136-1144, with resampled points).
So the models that may be the best hold the best one with 95 % confidence. Reads and writes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kotune.choice.board_files import Board
from kotune.choice.optimism import LEVEL, POWER, luck_of_best, units_needed
from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.scoring.metrics.repetition import TIMES
from kotune.scoring.resampling import RESAMPLES, generator_for

DEFAULT = "default"  # the setting that is ranked, where a board has several
DIGITS = 3
HALVES = 200  # random halves of the questions
TOP = 20  # how many the range is that one chooses from
TAIL = 0.025
NINE_IN_TEN = 0.9
WANTED = (0.1, 0.5)  # differences, in points
BEST_OF = (2, 5, 10)


def _resampled(values: np.ndarray, resamples: int, *what: str) -> np.ndarray:
    """Return the means (resamples, models) of values (models, questions) over resampled questions."""
    count = values.shape[1]
    drawn = generator_for(0, "board", *what).integers(0, count, size=(resamples, count))
    weights = np.stack([np.bincount(one, minlength=count) for one in drawn]) / count
    return np.einsum("rq,mq->rm", weights, values)  # its sums do not depend on the number of threads


def _errors(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance of each two models' paired and unpaired difference of means (models, models)."""
    covariance = np.atleast_2d(np.cov(values)) / values.shape[1]
    own = np.diag(covariance)
    together = own[:, None] + own[None, :]
    return np.maximum(together - 2 * covariance, 0.0), together


def _differ(means: np.ndarray) -> np.ndarray:
    """Return whether each two models differ (models, models), of resampled means (resamples, models)."""
    count = means.shape[1]
    found = np.zeros((count, count), dtype=bool)
    for place in range(count):
        leads = means[:, [place]] - means
        found[place] = np.minimum((leads <= 0).mean(axis=0), (leads >= 0).mean(axis=0)) < TAIL
    return found


def may_be_best(points: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Return whether each model may be the best (models,), of its mean and its resampled means (resamples, models)."""
    found = np.ones(len(points), dtype=bool)
    for place in range(len(points)):
        leads, drawn = points - points[place], means - means[:, [place]]
        spread = drawn.std(axis=0)
        others = spread > 1e-12
        if others.any():
            studentised = (drawn[:, others] - leads[others]) / spread[others]
            least = np.quantile(studentised.max(axis=1), 1 - 2 * TAIL)
            found[place] = not (leads[others] / spread[others] > least).any()
    return found


def _split_half(values: np.ndarray, top: int | None = None) -> float | None:
    """Return the correlation of the models' means on two halves of the questions, the mean over random halves."""
    chosen = values[:top]
    if len(chosen) < 3:
        return None
    generator, found = generator_for(0, "board", "halves"), []
    for _ in range(HALVES):
        order = generator.permutation(values.shape[1])
        half = len(order) // 2
        sides = [chosen[:, part].mean(axis=1) for part in (order[:half], order[half : 2 * half])]
        if min(side.std() for side in sides) > 0:
            found.append(np.corrcoef(*sides)[0, 1])
    return float(np.mean(found)) if found else None


def _turns_worth(scores: np.ndarray) -> float:
    """Return how many independent turns a model's are worth (Kish: n / (1 + (m - 1) r), m turns a question)."""
    _, questions, turns = scores.shape
    found = [
        (np.corrcoef(one.T).sum() - turns) / (turns * (turns - 1))
        for one in scores
        if turns > 1 and one.std(axis=0).min() > 0
    ]
    return questions * turns / (1 + (turns - 1) * (float(np.mean(found)) if found else 0.0))


def _apart(differ: np.ndarray) -> int | None:
    """Return from how many places apart on nine pairs in ten differ; None where they never do."""
    count = len(differ)
    shares = [float(np.diagonal(differ, offset=places).mean()) for places in range(1, count)]
    too_few = [places for places, share in enumerate(shares, start=1) if share < NINE_IN_TEN]
    first = max(too_few, default=0) + 1
    return first if first < count else None


def _of_pairs(values: np.ndarray) -> Json:
    """Return how exact the comparison of two models is: of the median pair, and of the median two neighbours."""
    paired, together = _errors(values)
    pairs = np.triu_indices(len(values), 1)
    error = math.sqrt(float(np.median(paired[pairs])))
    neighbours = math.sqrt(float(np.median(np.diagonal(paired, offset=1))))
    some = together[pairs] > 0
    return {
        "detectable": (LEVEL + POWER) * error,
        "detectable_neighbours": (LEVEL + POWER) * neighbours,
        "questions_needed": {f"{wanted:g}": units_needed(error, values.shape[1], wanted) for wanted in WANTED},
        "questions_needed_neighbours": {
            f"{wanted:g}": units_needed(neighbours, values.shape[1], wanted) for wanted in WANTED
        },
        "pairing_saves": float(np.median(1 - paired[pairs][some] / together[pairs][some])) if some.any() else 0.0,
        "luck": {str(count): luck_of_best(count, error**2) for count in BEST_OF},
    }


def _faults(board: Board) -> Json:
    """Return what counts as a score and is none: turns left empty, and turns that the judge failed at."""
    empty, after_loop, failed, of_empty = 0, 0, 0, []
    turns = [turn for one in board.turns.values() for of_question in one for turn in of_question]
    for questions in board.turns.values():
        for of_question in questions:
            for place, turn in enumerate(of_question):
                failed += turn.failed
                if not turn.characters:
                    empty += 1
                    of_empty.append(turn.score)
                    after_loop += place > 0 and of_question[place - 1].repeats >= TIMES
    told = {"turns": len(turns), "empty": empty, "empty_after_loop": after_loop, "judge_failed": failed}
    return told | {"mean_of_empty": float(np.mean(of_empty)) if of_empty else None}


def _settings(board: Board, setting: str) -> Json | None:
    """Return what the settings make of a score, of the models that have all; None where there is one alone."""
    models = [name for name in board.models(setting) if all((name, one) in board.turns for one in board.settings)]
    if len(board.settings) < 2 or not models:
        return None
    places = {one: [board.models(one).index(name) for name in models] for one in board.settings}
    means = {one: board.scores(one)[places[one]].mean(axis=(1, 2)) for one in board.settings}
    best = np.max(list(means.values()), axis=0)
    return {
        "models": len(models),
        "means": {one: float(mean.mean()) for one, mean in means.items()},
        "best_above": float((best - means[setting]).mean()),
        "another_is_best": int((best > means[setting]).sum()),
    }


def summary(board: Board, setting: str | None = None, resamples: int = RESAMPLES) -> Json:
    """Return all that is told of a board under one setting, its models from the best down; numbers are rounded.

    ``setting``: the one that is ranked; if None, `DEFAULT`, or the first where there is no such.
    """
    setting = setting or (DEFAULT if DEFAULT in board.settings else board.settings[0])
    if setting not in board.settings:
        raise UserError(f"the board has no setting '{setting}'{nearest(setting, board.settings)}")
    names, scores = board.models(setting), board.scores(setting)
    order = np.argsort(-scores.mean(axis=(1, 2)), kind="stable")
    names, scores = [names[place] for place in order], scores[order]
    values = scores.mean(axis=2)
    points, means = values.mean(axis=1), _resampled(values, resamples, setting)
    ranks = 1 + np.argsort(np.argsort(-means, axis=1, kind="stable"), axis=1)
    errors = values.std(axis=1, ddof=1) / math.sqrt(values.shape[1])
    best, differ = may_be_best(points, means), _differ(means)
    ends, places = (np.quantile(of, [TAIL, 1 - TAIL], axis=0, method="inverted_cdf") for of in (means, ranks))
    empty = [sum(not turn.characters for one in board.turns[name, setting] for turn in one) for name in names]
    of_models = [
        {
            "model": name,
            "mean": points[place],
            "low": ends[0, place],
            "high": ends[1, place],
            "rank_low": int(places[0, place]),
            "rank_high": int(places[1, place]),
            "may_be_best": bool(best[place]),
            "empty": empty[place],
        }
        for place, name in enumerate(names)
    ]
    several = len(names) > 1
    found = {
        "setting": setting,
        "questions": len(board.questions),
        "turns": board.count,
        "resamples": resamples,
        "error": float(np.median(errors)),
        "turns_worth": _turns_worth(scores),
        "rank_width": float(np.median(places[1] - places[0])),
        "neighbours": {"pairs": len(names) - 1, "differ": int(np.diagonal(differ, offset=1).sum())},
        "places_apart": _apart(differ) if several else None,
        "pairs": _of_pairs(values) if several else None,
        "split_half": {"all": _split_half(values), "top": _split_half(values, TOP) if len(names) > TOP else None},
        "settings": _settings(board, setting),
        "faults": _faults(board),
        "models": of_models,
    }
    return _rounded(found)


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_rounded(one) for one in value]
    return round(float(value), DIGITS) if isinstance(value, (float, np.floating)) else value
