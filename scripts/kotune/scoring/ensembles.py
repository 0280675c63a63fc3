"""Ensembles: one answer a row, chosen from the answers of several members by a named method.

Reads the members' answer files and the rows; gives answer lines like any model's, with ``chosen``, the member whose
answer it is. Every method *chooses*; none writes an answer of its own.

majority           the raw string that most members gave; a tie goes to the favourite's string if it is among the tied,
                   else to the tied string of the first member
f1_sum             the answer with the largest sum of character F1 to the other members' answers; ties: first member
majority_then_f1   the raw string with more votes than any other; only in a tie (of three members: when all differ) the
                   tied answer with the largest F1 sum to all others; ties: first member. This is what the code of
                   InJiGong/2024-Inha-AI-Challenge does with three models (Inference.ipynb, cell 77).
stacking           a random forest predicts each answer's character F1 from its features; the answer with the highest
                   prediction is taken. Fitted on the training split (valid) alone, whose own rows are scored by
                   forests that did not see their article.
oracle             the answer with the best character F1 to the gold answer: not a method, but the upper bound of all
"""

from __future__ import annotations

import math
import os
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kotune.core.errors import UserError, nearest
from kotune.core.names import ANSWER, UNIT
from kotune.core.storage import Json
from kotune.scoring.answer_files import Key, gold_answers
from kotune.scoring.metrics.text import char_f1_of, exact_match_of, normalise

if TYPE_CHECKING:
    import numpy as np

METHODS = ("majority", "f1_sum", "majority_then_f1", "stacking", "oracle")
UPPER_BOUNDS = ("oracle",)  # methods that look at the gold answers
USABLE = tuple(method for method in METHODS if method not in UPPER_BOUNDS)
FOLDS = 5


@dataclass(frozen=True)
class Ballot:
    """One row and what each member answered, in member order. ``golds`` is empty for a row without gold answers."""

    split: str
    id: str
    answers: tuple[str, ...]
    golds: tuple[str, ...] = ()
    context: str = ""
    question: str = ""
    article: str = ""


@dataclass(frozen=True)
class Method:
    """A method with what it needs to know; ``favourite`` is the number of a member, None for no favourite."""

    name: str
    favourite: int | None = None
    train_split: str = "valid"
    seed: int = 0


def majority(answers: Sequence[str], favourite: int | None = None) -> int:
    """Return the number of the first member that gave the most frequent raw string; see the module for ties."""
    tied = _most_frequent(answers)
    if len(tied) > 1 and favourite is not None and answers[favourite] in tied:
        return favourite
    return answers.index(tied[0])


def _most_frequent(answers: Sequence[str]) -> list[str]:
    votes = Counter(answers)  # keeps the order of first appearance
    return [answer for answer, count in votes.items() if count == max(votes.values())]


def f1_sums(answers: Sequence[str]) -> list[float]:
    """Return for each member the sum of its answer's character F1 to each other member's answer."""
    # fsum, so that the order of the members never breaks a tie by a rounding error
    return [
        math.fsum(char_f1_of(one, other) for second, other in enumerate(answers) if second != first)
        for first, one in enumerate(answers)
    ]


def f1_sum(answers: Sequence[str]) -> int:
    """Return the number of the member whose answer has the largest F1 sum; ties: the first of them."""
    sums = f1_sums(answers)
    return sums.index(max(sums))


def majority_then_f1(answers: Sequence[str]) -> int:
    """Return the first member with the most frequent raw string; in a tie the tied one with the largest F1 sum."""
    tied = _most_frequent(answers)
    if len(tied) == 1:
        return answers.index(tied[0])
    sums = f1_sums(answers)
    return max((number for number, answer in enumerate(answers) if answer in tied), key=lambda number: sums[number])


def oracle(ballot: Ballot) -> int:
    """Return the number of the member whose answer has the best character F1 to the gold; ties: the first."""
    if not ballot.golds:
        raise UserError(
            f"oracle: the row '{ballot.id}' of '{ballot.split}' has no gold answer; leave the oracle out for that split"
        )
    values = [char_f1_of(answer, ballot.golds) for answer in ballot.answers]
    return values.index(max(values))


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


def choose(method: Method, ballots: Sequence[Ballot]) -> list[int]:
    """Return for each ballot the number of the member whose answer the method takes."""
    if method.name == "stacking":
        return stacking(ballots, method.train_split, method.seed)
    if method.name == "oracle":
        return [oracle(ballot) for ballot in ballots]
    if method.name == "majority":
        return [majority(ballot.answers, method.favourite) for ballot in ballots]
    rules = {"f1_sum": f1_sum, "majority_then_f1": majority_then_f1}
    if method.name not in rules:
        raise UserError(f"unknown ensemble method '{method.name}'{nearest(method.name, METHODS)}")
    return [rules[method.name](ballot.answers) for ballot in ballots]


def make_ballots(
    members: Sequence[str],
    answers: Sequence[dict[Key, Json]],
    files: Sequence[str | os.PathLike],
    rows: dict[str, list[Json]],
    columns: Json | None = None,
) -> list[Ballot]:
    """Join the members' answers row by row, in the rows' order.

    ``answers`` and ``files`` stand in member order. ``columns``: {"gold", "context": [...], "question": [...]}, the
    rows' columns of gold answers, of what is read and of what is asked (`rows.task.read_columns`). Raises UserError for
    fewer than two members, a member named twice, and members that did not answer the same rows: it names the file and
    the first row.
    """
    if len(members) < 2 or len(set(members)) < len(members) or len(members) != len(files):
        raise UserError(
            f"an ensemble needs two or more different members and one answer file each, in the same order; "
            f"it has {len(members)} members ({', '.join(members)}) and {len(files)} files"
        )
    columns = columns or {"gold": ANSWER, "context": ["context"], "question": ["question"]}
    first, gold = answers[0], columns["gold"]
    for file, of_member in zip(files, answers, strict=True):
        if any(number for _, _, number in of_member):
            raise UserError(f"{file}: holds several answers to a row; an ensemble chooses among one answer a member")
    for file, of_member in zip(files[1:], answers[1:], strict=True):
        for key in (*first, *of_member):
            if (key in first) != (key in of_member):
                lacking, having = (file, files[0]) if key in first else (files[0], file)
                raise UserError(
                    f"{lacking}: no answer for the row '{key[1]}' of '{key[0]}', which {having} holds; "
                    "the members of an ensemble must answer the same rows"
                )
    return [
        Ballot(
            split=split,
            id=row["id"],
            answers=tuple(of_member[split, row["id"], 0]["answer"] for of_member in answers),
            golds=tuple(gold_answers(row, split, gold)) if row.get(gold) is not None else (),
            context=" ".join(row.get(name) or "" for name in columns["context"]),
            question=" ".join(row.get(name) or "" for name in columns["question"]),
            article=row.get(UNIT) or "",
        )
        for split, of_split in rows.items()
        for row in of_split
    ]


def answer_lines(
    ballots: Sequence[Ballot],
    chosen: Sequence[int],
    members: Sequence[str],
    answers: Sequence[dict[Key, Json]],
) -> list[Json]:
    """Return the ensemble's answer file, line by line."""
    return [
        {
            "id": ballot.id,
            "split": ballot.split,
            "answer": ballot.answers[member],
            "raw": answers[member][ballot.split, ballot.id, 0].get("raw", ballot.answers[member]),
            "finish_reason": "combined",
            "new_tokens": 0,
            "cut": answers[member][ballot.split, ballot.id, 0].get("cut"),
            "chosen": members[member],
        }
        for ballot, member in zip(ballots, chosen, strict=True)
    ]


def _mean_f1(ballots: Sequence[Ballot], chosen: Sequence[int], split: str) -> float:
    values = [
        char_f1_of(ballot.answers[member], ballot.golds)
        for ballot, member in zip(ballots, chosen, strict=True)
        if ballot.split == split
    ]
    return math.fsum(values) / len(values)


def contributions(
    method: Method, ballots: Sequence[Ballot], chosen: Sequence[int], members: Sequence[str]
) -> list[Json]:
    """Return what each member gives to the ensemble, one line for each split with gold answers and each member.

    ``chosen``: rows whose answer was taken from the member (of equal answers: from the first); ``gave``: rows where the
    member had given the very answer that was taken; ``sole_correct``: rows that only this member answered exactly;
    ``char_f1``: the ensemble's mean; ``without``: that mean when the member is left out (None when fewer than two
    members would be left); ``contribution``: the difference of the two.
    """
    splits = dict.fromkeys(ballot.split for ballot in ballots)
    scored = [split for split in splits if all(ballot.golds for ballot in ballots if ballot.split == split)]
    right = [[bool(b.golds) and exact_match_of(answer, b.golds) == 1.0 for answer in b.answers] for b in ballots]
    lines = []
    for member, name in enumerate(members):
        rest, fewer = [], []
        if len(members) > 2:
            rest = [replace(b, answers=b.answers[:member] + b.answers[member + 1 :]) for b in ballots]
            fewer = choose(_without(method, member), rest)
        for split in scored:
            here = [number for number, ballot in enumerate(ballots) if ballot.split == split]
            whole = _mean_f1(ballots, chosen, split)
            without = _mean_f1(rest, fewer, split) if rest else None
            taken = {number: ballots[number].answers[chosen[number]] for number in here}
            lines.append(
                {
                    "split": split,
                    "member": name,
                    "rows": len(here),
                    "chosen": sum(chosen[number] == member for number in here),
                    "gave": sum(ballots[number].answers[member] == taken[number] for number in here),
                    "sole_correct": sum(right[number][member] and sum(right[number]) == 1 for number in here),
                    "char_f1": whole,
                    "without": without,
                    "contribution": None if without is None else whole - without,
                }
            )
    return sorted(lines, key=lambda line: list(splits).index(line["split"]))


def _without(method: Method, member: int) -> Method:
    """Return the method for the members without one; a favourite that leaves is not replaced."""
    if method.favourite is None or method.favourite == member:
        return replace(method, favourite=None)
    return replace(method, favourite=method.favourite - (method.favourite > member))
