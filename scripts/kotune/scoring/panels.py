"""Panels: one model's answers to several prompts become one answer a row, beside several models that answer as often.

Takes answers as `scoring.answer_files` reads them; gives what each contender answers and what it costs. Reads and
writes nothing. The own choice is what the model writes when it is shown its own answers, taken as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kotune.core.names import ZERO
from kotune.core.storage import Json
from kotune.scoring import statistics, verdicts
from kotune.scoring.aggregates.mean import mean
from kotune.scoring.answer_files import Key
from kotune.scoring.ballots import Ballot, vote_of
from kotune.scoring.ensembles import Method, choose
from kotune.scoring.intervals import Settings
from kotune.scoring.metrics.text import char_f1_of, exact_match_of
from kotune.scoring.resampling import make_units
from kotune.scoring.score_columns import Scores

METHODS = ("majority", "f1_sum")
OWN_CHOICE = "own choice"
ALONE, PROMPTS, MODELS = "alone", "prompts", "models"  # one arm; one model's prompts; several models
METRICS = {"char_f1": char_f1_of, "exact_match": exact_match_of}
FACTS = {"char_f1": {"bounds": (0.0, 1.0), "binary": False}, "exact_match": {"bounds": (0.0, 1.0), "binary": True}}
AGAINST_ONE, AT_EQUAL_COST, AGAINST_VOTES = "against one answer", "at equal cost", "choice against votes"


@dataclass(frozen=True)
class Contender:
    """Who answers: ``kind`` and ``name`` (an arm, or a method), the answers to each row, how many a row takes.

    ``answers``: of each row, None where nobody was asked.
    """

    kind: str
    name: str
    answers: Sequence[str | None]
    cost: int
    models: int = 1


def with_answers(rows: Sequence[Json], split: str, answers: Sequence[Mapping[Key, Json]]) -> list[Json]:
    """Return rows with a column ``answers``: what each arm answered, a line each, in the order of the arms."""
    return [{**row, "answers": listed([vote_of(of_arm[split, row["id"], 0]) for of_arm in answers])} for row in rows]


def listed(answers: Sequence[str | None]) -> str:
    """Return a row's answers as the choosing prompt shows them; those of arms that were not asked are left out."""
    return "\n".join(f"- {' '.join(answer.split())}" for answer in answers if answer is not None)


def contenders(
    one: Sequence[Ballot], several: Sequence[Ballot], arms: Sequence[str], chosen: Mapping[Key, Json]
) -> list[Contender]:
    """Return all contenders; ``one``: the ballots of one model's ``arms``, ``several``: of several models, or none.

    ``chosen``: the answers of the model to the choosing prompt.
    """
    found = [
        Contender(ALONE, arm, [ballot.answers[place] for ballot in one], 1) for place, arm in enumerate(arms)
    ]  # fmt: skip
    for kind, ballots, models in ((PROMPTS, one, 1), (MODELS, several, len(several[0].answers) if several else 0)):
        for method in METHODS if ballots else ():
            taken = choose(Method(method, favourite=0), ballots)
            answers = [
                None if member is None else ballot.answers[member]
                for ballot, member in zip(ballots, taken, strict=True)
            ]
            found.append(Contender(kind, method, answers, len(ballots[0].answers), models))
    answers = [vote_of(chosen[ballot.split, ballot.id, 0]) for ballot in one]
    return [*found, Contender(PROMPTS, OWN_CHOICE, answers, len(arms) + 1)]


def taken_from(one: Sequence[Ballot], own: Contender) -> Json:
    """Return how many answers of the own choice there are, and how many are word for word one that was listed."""
    among = [
        answer is not None and " ".join(answer.split()) in [" ".join(other.split()) for other in ballot.votes]
        for ballot, answer in zip(one, own.answers, strict=True)
    ]
    return {"asked": sum(answer is not None for answer in own.answers), "listed": sum(among)}


def looked_at(one: Sequence[Contender], rows: int, overlong: str) -> list[int]:
    """Return the rows that are compared: all, or those that every contender was asked."""
    if overlong == ZERO:
        return list(range(rows))
    return [row for row in range(rows) if all(contender.answers[row] is not None for contender in one)]


def comparisons(found: Sequence[Contender]) -> list[Json]:
    """Return what is compared: everything with the first arm alone, models with prompts, the own choice with votes."""

    def side(one: Contender) -> Json:
        return {"model": one.kind, "arm": one.name}

    def pair(claim: str, a: Contender, b: Contender) -> Json:
        return {"name": f"{b.kind} {b.name} against {a.kind} {a.name}", "claim": claim, "a": side(a), "b": side(b)}

    by_name = {(one.kind, one.name): one for one in found}
    first, own = found[0], by_name[PROMPTS, OWN_CHOICE]
    pairs = [pair(AGAINST_ONE, first, one) for one in found[1:]]
    for method in METHODS:
        pairs.append(pair(AGAINST_VOTES, by_name[PROMPTS, method], own))
        if (MODELS, method) in by_name:
            pairs.append(pair(AT_EQUAL_COST, by_name[MODELS, method], by_name[PROMPTS, method]))
    return pairs


def values_of(contender: Contender, ballots: Sequence[Ballot], metric: str) -> np.ndarray:
    """Return a metric of each row (rows,); a row that nobody was asked counts 0."""
    score = METRICS[metric]
    pairs = zip(contender.answers, ballots, strict=True)
    return np.array([0.0 if answer is None else score(answer, ballot.golds) for answer, ballot in pairs])


def scores_of(
    found: Sequence[Sequence[Contender]], ballots: Sequence[Ballot], split: str, seeds: Sequence[int]
) -> Scores:
    """Return the scores of contenders as the statistics take them; ``found``: of each seed all of them."""
    places = [(one.kind, one.name) for one in found[0]]
    values = {
        place: {
            (split, metric): [values_of(of_seed[number], ballots, metric) for of_seed in found] for metric in METRICS
        }
        for number, place in enumerate(places)
    }
    rows = {split: [{"id": ballot.id} for ballot in ballots]}
    return Scores(rows, dict.fromkeys(METRICS, mean), values, dict.fromkeys(places, list(seeds)))


def compared(
    found: Sequence[Sequence[Contender]], ballots: Sequence[Ballot], split: str, seeds: Sequence[int], asked: Json
) -> tuple[list[Json], list[Json]]:
    """Return means and pairs of a split; ``asked``: seed and resamples of the statistics, overlong."""
    everyone = [one for of_seed in found for one in of_seed]
    kept = looked_at(everyone, len(ballots), asked.get("overlong", ZERO))
    here = [ballots[row] for row in kept]
    cut = [[replace(one, answers=[one.answers[row] for row in kept]) for one in of_seed] for of_seed in found]
    scores = scores_of(cut, here, split, seeds)
    articles = [ballot.article for ballot in here]
    units = make_units(len(here), articles if all(articles) else None, f"'{split}'")
    settings = Settings(asked["seed"], asked["resamples"], facts=FACTS, untuned=())
    means = list(statistics.means_of(split, scores, units, settings))
    costs = {(one.kind, one.name): (one.cost, one.models) for one in found[0]}
    for line in means:
        line["cost"], line["models"] = costs[line["model"], line["arm"]]
    return means, list(statistics.pairs_of(split, scores, comparisons(found[0]), units, settings))


def judge(pairs: list[Json]) -> None:
    """Give each pair its corrected p and its word: a family is one model's pairs of a split, claim and metric."""
    lines = [{**pair, "split": f"{pair['of']}/{pair['split']}/{pair['metric']}", "metric": PROMPTS} for pair in pairs]
    verdicts.judge(lines, PROMPTS, None)
    for pair, line in zip(pairs, lines, strict=True):
        pair |= {key: line[key] for key in ("p_holm", "family", "verdict")}
        pair.pop("unseen", None)
