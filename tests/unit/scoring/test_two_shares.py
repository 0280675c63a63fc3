"""Two counts are compared exactly and unpaired; the interval is Newcombe's."""

import pytest

from kotune.scoring.two_shares import difference, fisher


@pytest.mark.parametrize(
    ("a", "n", "b", "m"), [(1118, 1404, 1167, 1404), (3, 10, 9, 10), (0, 5, 0, 7), (5, 5, 0, 5), (382, 397, 383, 397)]
)
def test_p_is_fishers(a, n, b, m):
    stats = pytest.importorskip("scipy.stats")
    assert fisher(a, n, b, m) == pytest.approx(stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue, rel=1e-6)


def test_the_interval_is_newcombes_own_example():
    # Newcombe 1998, table II, case (a) 56/70 less 48/80, method 10: .0524 to .3339
    value, low, high = difference(48, 80, 56, 70)
    assert (value, low, high) == (pytest.approx(0.2), pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))


def test_equal_counts_have_no_difference():
    assert difference(5, 9, 5, 9)[0] == 0.0 and fisher(5, 9, 5, 9) == pytest.approx(1.0)
