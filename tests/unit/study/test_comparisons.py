"""Each comparison that a study's text speaks of is made, and once."""

from studies import study

from kotune.study.comparisons import candidates_comparisons, comparisons_of


def named(pairs, name):
    return [(tuple(pair["a"].values()), tuple(pair["b"].values())) for pair in pairs if pair["name"] == name]


def test_tuned_models_are_compared_with_their_base_and_with_each_other():
    pairs = comparisons_of(study())
    with_base = named(pairs, "qlora-vs-base")
    assert len(with_base) == 4 and all(a == (b[0], "base") and b[1] == "qlora" for a, b in with_base)
    between = named(pairs, "between-models")
    assert len(between) == len({frozenset(pair) for pair in between}) == 6


def test_each_ensemble_is_compared_with_each_member_whatever_the_seeds():
    for seeds in ([42], [1, 2, 3]):
        pairs = named(comparisons_of(study(seeds=seeds)), "ensemble-vs-member")
        assert len(pairs) == len(set(pairs)) == 5 * 3
        assert (("tiny-solar", "qlora"), ("ensemble", "stacking")) in pairs


def test_a_study_that_tunes_its_winner_compares_candidates_and_arms():
    pairs = comparisons_of(study("context-qa"))
    candidates = candidates_comparisons(study("context-qa"))
    assert len(candidates) == 6 and {pair["name"] for pair in candidates} == {"between-candidates"}
    assert all(pair in pairs for pair in candidates)
    assert named(pairs, "clean-vs-base") == [(("selected", "base"), ("selected", "clean"))]
    assert named(pairs, "between-arms") == [(("selected", "clean"), ("selected", "as_published"))]
