"""A card's rows by lm-evaluation-harness: each way of asking for itself, beside base and highest floor."""

from kotune.export import card_harness


def line(arm, value, model="m", protocol="clean", **changes):
    given = {"model": model, "arm": arm, "protocol": protocol, "shots": 5, "template": "none", "task": "kobest_copa"}
    given |= {"metric": "acc", "n": 1000, "mean": value, "stderr": 0.0157, "seeds": [1, 2]}
    return given | changes


DOCUMENT = {
    "means": [
        line("base", 0.55),
        line("tuned", 0.60, by_seed=[{"seed": 1, "value": 0.61, "stderr": 0.0154}, {"seed": 2, "value": 0.59}]),
        line("majority", 0.51),
        line("untrained", 0.53),
        line("tuned", 0.58, protocol="published", stderr=None),
        line("tuned", 0.99, model="another"),
    ]
}


def rows(seed=1):
    return card_harness.rows_of(DOCUMENT, "m", "m", "tuned", seed)


def test_a_row_has_base_arm_of_its_seed_and_highest_floor():
    clean, published = card_harness.table_of(rows())[2:]
    assert clean == (
        "| kobest\\_copa | clean | 5 | none | acc | 0.5500 ± 0.0157 | 0.6100 ± 0.0154 | 0.5300 (untrained twin) | 1,000 |"
    )
    assert "| published |" in published and "| – | 0.5800 | – |" in published, "never beside the other protocol's"


def test_the_index_says_shots_and_protocol():
    first, _ = card_harness.results_of(rows(), {"name": "kobest-v1", "title": "KoBEST", "hub_id": "skt/kobest_v1"})
    assert (first.dataset_type, first.dataset_config, first.metric_value) == ("skt/kobest_v1", "kobest_copa", 0.61)
    assert first.metric_args == {"n": 1000, "num_fewshot": 5, "protocol": "clean"}


def test_an_arm_that_was_not_asked_has_no_rows():
    assert card_harness.rows_of(DOCUMENT, "m", "m", "other", 1) == [] and card_harness.table_of([]) == []
