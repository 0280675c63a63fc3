"""Ensembles: one answer a row, chosen from the answers of several members by a named method.

Reads the members' answer files and the rows; gives answer lines like any model's, with ``chosen``, the member whose
answer it is. Every method *chooses*; none writes an answer of its own. A member that a row was too long for has no vote
on it; where nobody was asked there is nothing to choose, and the answer is left empty like that of a model that was not
asked.

majority           the raw string that most members gave; a tie goes to the favourite's string if it is among the tied,
                   else to the tied string of the first member
f1_sum             the answer with the largest sum of character F1 to the other members' answers; ties: first member
majority_then_f1   the raw string with more votes than any other; only in a tie (of three members: when all differ) the
                   tied answer with the largest F1 sum to all others; ties: first member. This is what the code of
                   InJiGong/2024-Inha-AI-Challenge does with three models (Inference.ipynb, cell 77).
stacking           the answer of which a random forest predicts the highest character F1 (`scoring.stacking`)
oracle             the answer with the best character F1 to the gold answer: not a method, but the upper bound of all in
                   this metric, and in no other (`bounds`)
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kotune.core.errors import UserError, nearest
from kotune.core.names import NOT_ASKED, ZERO
from kotune.core.storage import Json
from kotune.scoring.answer_files import Key
from kotune.scoring.ballots import Ballot
from kotune.scoring.metrics.text import char_f1_of, exact_match_of
from kotune.scoring.stacking import stacking

METHODS = ("majority", "f1_sum", "majority_then_f1", "stacking", "oracle")
BOUNDED = {"oracle": "char_f1"}  # methods that look at the gold answers, each with the metric that it maximises
UPPER_BOUNDS = tuple(BOUNDED)
USABLE = tuple(method for method in METHODS if method not in UPPER_BOUNDS)


@dataclass(frozen=True)
class Method:
    """A method with what it needs to know; ``favourite`` is the number of a member, None for no favourite."""

    name: str
    favourite: int | None = None
    train_split: str = "valid"
    seed: int = 0


def bounds(method: str, metric: str) -> bool:
    """Return whether no choice among the members' answers can have a higher value of a metric than a method has."""
    return BOUNDED.get(method) == metric


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


def oracle(ballot: Ballot) -> int | None:
    """Return the number of the member whose answer has the best character F1 to the gold; ties: the first.

    None where nobody was asked.
    """
    if not ballot.golds:
        raise UserError(
            f"oracle: the row '{ballot.id}' of '{ballot.split}' has no gold answer; leave the oracle out for that split"
        )
    values = [char_f1_of(answer, ballot.golds) for answer in ballot.votes]
    return ballot.voters[values.index(max(values))] if values else None


def choose(method: Method, ballots: Sequence[Ballot]) -> list[int | None]:
    """Return for each ballot the number of the member whose answer the method takes; None where nobody was asked."""
    if method.name == "stacking":
        return stacking(ballots, method.train_split, method.seed)
    if method.name == "oracle":
        return [oracle(ballot) for ballot in ballots]
    rules = {"majority": majority, "f1_sum": f1_sum, "majority_then_f1": majority_then_f1}
    if method.name not in rules:
        raise UserError(f"unknown ensemble method '{method.name}'{nearest(method.name, METHODS)}")
    return [_by_votes(method, rules[method.name], ballot) for ballot in ballots]


def _by_votes(method: Method, rule: Callable[..., int], ballot: Ballot) -> int | None:
    """Return the member that a rule takes of those that were asked; a favourite that was not asked favours nobody."""
    voters = ballot.voters
    if not voters:
        return None
    favourite = {}
    if method.name == "majority":
        favourite = {"favourite": voters.index(method.favourite) if method.favourite in voters else None}
    return voters[rule(ballot.votes, **favourite)]


def answer_lines(
    ballots: Sequence[Ballot],
    chosen: Sequence[int | None],
    members: Sequence[str],
    answers: Sequence[dict[Key, Json]],
) -> list[Json]:
    """Return the ensemble's answer file, line by line; where nobody was asked, a line like that of such a model."""
    lines = []
    for ballot, member in zip(ballots, chosen, strict=True):
        line: Json = {"id": ballot.id, "split": ballot.split, "answer": "", "raw": "", "finish_reason": NOT_ASKED}
        line |= {"new_tokens": 0, "cut": None, "chosen": None}
        if member is not None:
            taken = answers[member][ballot.split, ballot.id, 0]
            line |= {"answer": taken["answer"], "raw": taken.get("raw", taken["answer"]), "finish_reason": "combined"}
            line |= {"cut": taken.get("cut"), "chosen": members[member]}
        lines.append(line)
    return lines


def voters(ballots: Sequence[Ballot], members: Sequence[str]) -> Json:
    """Return, by split, how many rows each member was asked, and how many rows so many members were asked.

    ``{split: {"asked": {member: rows}, "voters": {"3": rows, …, "0": rows}}}``; of the voters, counts above 0 alone.
    """
    found: Json = {}
    for split in dict.fromkeys(ballot.split for ballot in ballots):
        here = [ballot.voters for ballot in ballots if ballot.split == split]
        counts = sorted(Counter(map(len, here)).items(), reverse=True)
        asked = {name: sum(number in of_row for of_row in here) for number, name in enumerate(members)}
        found[split] = {"asked": asked, "voters": {str(count): rows for count, rows in counts}}
    return found


def _mean_f1(ballots: Sequence[Ballot], chosen: Sequence[int | None], rows: Sequence[int]) -> float:
    """Return the mean over some rows, by number; a row without an answer counts 0."""
    taken = [(ballots[row], chosen[row]) for row in rows]
    values = [0.0 if member is None else char_f1_of(ballot.answers[member], ballot.golds) for ballot, member in taken]
    return math.fsum(values) / len(values)


def contributions(
    method: Method,
    ballots: Sequence[Ballot],
    chosen: Sequence[int | None],
    members: Sequence[str],
    overlong: str = ZERO,
) -> list[Json]:
    """Return what each member gives to the ensemble, one line for each split with gold answers and each member.

    ``rows``: those that are looked at, all or, where ``overlong`` leaves out, those that every member was asked;
    ``asked``: those of them that the member was asked; ``chosen``: rows whose answer was taken from the member (of
    equal answers: from the first); ``gave``: rows where the member had given the very answer that was taken;
    ``sole_correct``: rows that only this member answered exactly; ``char_f1``: the ensemble's mean; ``without``: that
    mean when the member is left out (None when fewer than two members would be left, or stacking could not be fitted
    on the others); ``contribution``: the difference of the two. No line of a split that has no row to look at.
    """
    splits = dict.fromkeys(ballot.split for ballot in ballots)
    scored = [split for split in splits if all(ballot.golds for ballot in ballots if ballot.split == split)]
    looked_at = {
        split: [
            number
            for number, ballot in enumerate(ballots)
            if ballot.split == split and (overlong == ZERO or len(ballot.voters) == len(members))
        ]
        for split in scored
    }
    right = [[_exact(answer, ballot) for answer in ballot.answers] for ballot in ballots]
    lines = []
    for member, name in enumerate(members):
        rest, fewer = _without(method, ballots, member)
        for split, here in looked_at.items():
            if not here:
                continue
            whole, without = _mean_f1(ballots, chosen, here), _mean_f1(rest, fewer, here) if fewer else None
            given = [(ballots[number].answers, chosen[number]) for number in here]
            lines.append(
                {
                    "split": split,
                    "member": name,
                    "rows": len(here),
                    "asked": sum(answers[member] is not None for answers, _ in given),
                    "chosen": sum(taken == member for _, taken in given),
                    "gave": sum(taken is not None and answers[member] == answers[taken] for answers, taken in given),
                    "sole_correct": sum(right[number][member] and sum(right[number]) == 1 for number in here),
                    "char_f1": whole,
                    "without": without,
                    "contribution": None if without is None else whole - without,
                }
            )
    return sorted(lines, key=lambda line: list(splits).index(line["split"]))


def _exact(answer: str | None, ballot: Ballot) -> bool:
    """Return whether a member's answer is exactly right; that of one who was not asked, or has no gold, is not."""
    return answer is not None and bool(ballot.golds) and exact_match_of(answer, ballot.golds) == 1.0


def _without(method: Method, ballots: Sequence[Ballot], member: int) -> tuple[list[Ballot], list[int | None]]:
    """Return the ballots without one member and what is chosen then; nothing where no ensemble would be left.

    A favourite that leaves is not replaced.
    """
    if len(ballots[0].answers) <= 2:
        return [], []
    favourite = method.favourite
    if favourite is not None:
        favourite = None if favourite == member else favourite - (favourite > member)
    rest = [ballot.without(member) for ballot in ballots]
    try:
        return rest, choose(replace(method, favourite=favourite), rest)
    except UserError:  # stacking that can be fitted with this member alone
        return rest, []
