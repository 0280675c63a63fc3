"""Each rule and each way of choosing has words, and a name that a study can write."""

from kotune.study.quality_facts import FEATURES, METHODS, NEAR_DUPLICATE


def test_names_are_keys_and_words_are_words():
    for named in (FEATURES, METHODS):
        assert all(name.isidentifier() and words.strip() == words != "" for name, words in named.items())
    assert NEAR_DUPLICATE in FEATURES and list(METHODS) == ["random", "quality", "diversity", "deita"]
