"""The table of a ladder: a row a rung, with what it adds to the rung before and what it learned."""

from __future__ import annotations

from kotune.printing.numbers import Numbers, difference_key, mean_key, number, treatment_key
from kotune.report.tables.ladder import NOTHING, ladder_table
from kotune.report.view import Report

STUDY, MODEL = "econ-qa", "tiny-gemma2"


def shown(table):
    return [{column.name: cell.text for column, cell in zip(table.columns, row, strict=True)} for row in table.rows]


def test_a_study_without_one_says_so(plain):
    table = ladder_table(Report(plain.settings, plain.study), Numbers(plain.numbers, "numbers"))
    assert table.rows == () and table.notes == (NOTHING,)


def test_each_rung_is_held_against_the_one_before_and_says_what_it_learned(plain):
    arms = {
        "base": {**plain.settings["arms"]["base"], "models": [MODEL]},
        "raw": {**plain.settings["arms"]["qlora"], "models": [MODEL], "seeds": [1, 2]},
        "dpo": {**plain.settings["arms"]["qlora"], "models": [MODEL], "seeds": [1, 2]},
    }
    harness = [{"evaluation": "kobest", "title": "KoBEST", "tasks": ["kobest_copa"], "num_fewshot": [5, 0],
                "protocols": ["published", "clean"], "template": "none"}]  # fmt: skip
    settings = plain.settings | {
        "arms": arms, "arm_order": list(arms), "ladder": list(arms), "reported": ["test"], "harness": harness
    }  # fmt: skip
    metric, numbers = settings["primary_metric"], {}
    for arm, value in (("base", 0.1), ("raw", 0.3), ("dpo", 0.35)):
        key = mean_key(STUDY, MODEL, arm, "test", metric)
        numbers[key] = number(value, 3, [], (value - 0.05, value + 0.05), n=40)
        numbers[f"{STUDY}.harness.kobest.{arm}.{MODEL}.clean-0shot-none.kobest_copa.acc"] = number(0.5, 4, [])
        if arm != "base":
            numbers |= {f"{key}.seed1": number(value + 0.02, 3, []), f"{key}.seed2": number(value - 0.02, 3, [])}
            start = treatment_key(STUDY, "training", MODEL, arm, 1)
            numbers |= {f"{start}.steps": number(60, 0, []), f"{start}.target_tokens": number(9000, 0, [])}
    added = difference_key(STUDY, (MODEL, "base"), (MODEL, "raw"), "test", metric)
    numbers[added] = number(0.2, 3, [], (0.1, 0.3), sign=True, verdict="higher")
    numbers[f"{added}.p_holm"] = number(0.01, 3, [])
    base, raw, dpo = shown(ladder_table(Report(settings, plain.study), Numbers(numbers, "numbers")))
    assert (base["arm"], base["added"], base["steps"], base["low_seed"]) == ("base", "", "", "")
    assert (raw["added"], raw["verdict"], raw["p_holm"]) == ("+0.200", "higher", "0.010")
    assert (raw["low_seed"], raw["high_seed"]) == ("0.280", "0.320")
    assert (raw["steps"], raw["target_tokens"], raw["benchmark"]) == ("60", "9,000", "0.5000")
    assert (dpo["mean"], dpo["added"]) == ("0.350", ""), "no comparison was made, so none is shown"
