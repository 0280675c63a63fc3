"""Rows are chosen by four methods, each an order of which the first so many are taken: small choices lie in large."""

import numpy as np
import pytest
from rated_lines import LINES, line

from kotune.core.errors import UserError
from kotune.curation import choosing

IDS = [f"r{number}" for number in range(30)]


def vectors(seed=3, groups=5):
    """Return unit vectors in groups, each group close together."""
    random = np.random.default_rng(seed)
    centres = np.eye(8)[:groups]
    made = np.array([centres[place % groups] for place in range(len(IDS))]) + 0.05 * random.normal(size=(len(IDS), 8))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def test_a_filter_names_every_reason():
    given = {"at_least": 3, "without": ["undocumented", "boilerplate"]}
    assert [choosing.failing(one, given) for one in LINES] == [[], ["rating", "undocumented"], [], [], ["rating"]]
    assert choosing.failing(line(9, 2.5), given) == []


def test_no_topic_has_more_than_its_share_and_as_few_rows_as_can_be_are_left_out():
    topics = ["a"] * 20 + ["b"] * 6 + ["c"] * 4
    left = choosing.over_share(IDS, topics, 0.4, 1)
    kept = [topic for place, topic in enumerate(topics) if place not in left]
    assert {topic: kept.count(topic) for topic in "abc"} == {"a": 6, "b": 6, "c": 4}
    assert choosing.over_share(IDS, topics, 0.4, 2) != left
    assert choosing.over_share(IDS, topics, 0.7, 1) == set()


def test_a_share_that_so_few_topics_cannot_have_is_refused():
    with pytest.raises(
        UserError, match="of 3 topics the largest has 0.3333 of the rows at least, and no more than 0.3"
    ):
        choosing.over_share(IDS, ["a", "b", "c"] * 10, 0.3, 1)
    assert len(choosing.over_share(IDS, ["a", "b", "b"] * 10, 0.5, 1)) == 10


def test_a_lot_does_not_depend_on_other_rows():
    order = choosing.at_random(IDS, 1)
    assert [IDS[place] for place in order if place < 20] == [IDS[place] for place in choosing.at_random(IDS[:20], 1)]
    assert order != choosing.at_random(IDS, 2)


def test_quality_takes_the_highest_ratings():
    values = [float(place % 7) for place in range(30)]
    order = choosing.by_quality(IDS, values, 1)
    assert [values[place] for place in order] == sorted(values, reverse=True)


def test_diversity_takes_one_of_each_cluster_before_a_second():
    order = choosing.by_diversity(IDS, vectors(), 5, 1)
    assert {place % 5 for place in order[:5]} == {place % 5 for place in order[5:10]} == set(range(5))
    assert sorted(order) == list(range(30))


def test_deita_passes_over_rows_like_those_kept():
    found = vectors()
    order = choosing.by_deita(IDS, [1] * 29 + [9], [3.0] * 30, found, 0.9, 1)
    assert order[0] == 29  # the most complex
    assert len(order) == 5
    kept = found[order]
    assert (kept @ kept.T - np.eye(5)).max() <= 0.9


def test_a_rating_below_nothing_counts_as_nothing():
    assert choosing.by_deita(IDS[:2], [9, 1], [-2.0, 1.0], np.eye(2, dtype=np.float32), 0.9, 1) == [1, 0]


@pytest.mark.parametrize("by", ["random", "quality", "diversity", "deita"])
def test_smaller_choices_lie_within_larger(by):
    given = {"by": by, "clusters": 5, "most_alike": 0.999, "complexity": "complexity"}
    lines = [line(place, float(place % 6)) | {"id": name} for place, name in enumerate(IDS)]
    order = choosing.order_of(given, lines, vectors, 1)
    small, large = (choosing.taken(order, count, given, 30) for count in (4, 12))
    assert small < large
    assert order == choosing.order_of(given, lines, vectors, 1)


def test_more_rows_than_there_are_are_refused():
    with pytest.raises(
        UserError, match="choose.rows: 31 is more than the 30 rows that there are to choose from; lower it"
    ):
        choosing.taken(range(30), 31, {}, 30)
    with pytest.raises(UserError, match="of 30 rows only 5 are not more alike than most_alike"):
        choosing.taken(range(5), 6, {"most_alike": 0.9}, 30)
