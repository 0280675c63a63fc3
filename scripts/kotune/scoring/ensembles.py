"""Ensembles: one answer a row, chosen from the answers of several members by a named method.

Reads the members' answer files and the rows; gives answer lines like any model's, with ``chosen``, the member whose
answer it is. Every method *chooses*; none writes an answer of its own.

majority           the raw string that most members gave; a tie goes to the favourite's string if it is among the tied,
                   else to the tied string of the first member
f1_sum             the answer with the largest sum of character F1 to the other members' answers; ties: first member
majority_then_f1   the raw string with more votes than any other; only in a tie (of three members: when all differ) the
                   tied answer with the largest F1 sum to all others; ties: first member. This is what the code of
                   InJiGong/2024-Inha-AI-Challenge does with three models (Inference.ipynb, cell 77).
stacking           the answer of which a random forest predicts the highest character F1 (`scoring.stacking`)
oracle             the answer with the best character F1 to the gold answer: not a method, but the upper bound of all
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.scoring.answer_files import Key
from kotune.scoring.ballots import Ballot
from kotune.scoring.metrics.text import char_f1_of, exact_match_of
from kotune.scoring.stacking import stacking

if TYPE_CHECKING:
    pass

METHODS = ("majority", "f1_sum", "majority_then_f1", "stacking", "oracle")
UPPER_BOUNDS = ("oracle",)  # methods that look at the gold answers
USABLE = tuple(method for method in METHODS if method not in UPPER_BOUNDS)


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
