"""Each number of the statistics stands under a key, with its n and its interval."""

import bias_lines

from kotune.report.bias_numbers import numbers_of


def test_means_differences_and_orders_have_keys(tmp_path):
    numbers = numbers_of(*bias_lines.tabulated(tmp_path))
    mean = numbers["toy.bias.kobbq.tuned.m.texts-token.acc_disambiguated"]
    assert mean["value"] == 1 and mean["n"] == 48 and mean["templates"] == 6 and mean["low"] < 1
    pair = "toy.bias.kobbq.tuning.tuned.m.letters-sum.acc_ambiguous"
    assert numbers[pair]["text"].startswith("+") and numbers[f"{pair}.p_holm"]["family"] == 5
    assert numbers["toy.bias.kobbq.orders.base.m.letters-sum.312"]["unknown_at"] == 1
