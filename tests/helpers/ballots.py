"""Ballots of made rows, as ensembles choose among their answers."""

import random

from kotune.scoring.ballots import Ballot
from kotune.scoring.metrics.text import char_f1_of


def ballot(number, *answers, gold="금리", split="valid", article=None, context=""):
    golds = () if gold is None else (gold,)
    return Ballot(split, f"{split}-{number}", answers, golds, context, "무엇이 올랐나?", article or f"a{number // 2}")


def study(seed=3, valid=60, test=60):
    """Rows whose gold answer stands in the context; the third member is right as a rule, the two others seldom."""
    dice = random.Random(seed)
    words = ["금리", "물가", "고용", "환율", "수출", "주가", "유가", "소비"]

    def row(number, split):
        gold = dice.choice(words) + str(dice.randrange(100))
        wrong = ["모름", "알 수 없음", gold[:1]]
        answers = [gold if dice.random() < share else dice.choice(wrong) for share in (0.3, 0.3, 0.9)]
        return ballot(number, *answers, gold=gold, split=split, context=f"기사는 {gold}에 대해 썼다")

    return [row(number, "valid") for number in range(valid)] + [row(number, "test") for number in range(test)]


def mean(ballots, chosen, split="test"):
    here = [(b, n) for b, n in zip(ballots, chosen, strict=True) if b.split == split]
    return sum(char_f1_of(b.answers[n], b.golds) for b, n in here) / len(here)
