"""Names of tables are told without making any, and no two numbers share a key."""

from kotune.report import bias_names


def test_an_evaluation_has_three_tables_and_a_study_without_any_none():
    assert bias_names.table_names("kobbq") == ["bias-kobbq", "bias-kobbq-tuning", "bias-kobbq-orders"]
    assert bias_names.all_tables({}) == []
    assert len(bias_names.all_tables({"bias": [{"evaluation": "a"}, {"evaluation": "b"}]})) == 6


def test_no_two_numbers_share_a_key():
    place = (bias_names.start_of("s", "kobbq"), "base", "m", "letters-sum")
    keys = [bias_names.mean_key(*place, "x"), bias_names.pair_key(*place, "x"), bias_names.order_key(*place, "x")]
    assert len(set(keys)) == 3 and all(key.startswith("s.bias.kobbq.") for key in keys)
