"""Which adapters are taken home, and in which forms."""

from plans import plan_for

from kotune.study import exports


def of(**export):
    return plan_for(export={"econ-qa": export}).studies["econ-qa"]


def test_a_stand_in_is_meant_by_its_candidate_and_by_its_own_name():
    for name in ("ko-gemma-2-9b-it", "tiny-gemma2"):
        assert exports.taken_home(of(arms=["qlora"], models=[name])) == [("tiny-gemma2", "qlora", 42)]


def test_each_seed_is_taken_home():
    study = plan_for(seeds=[1, 2], export={"econ-qa": {"arms": ["qlora"], "models": ["tiny-gemma2"]}}).studies[
        "econ-qa"
    ]
    assert [seed for _, _, seed in exports.taken_home(study)] == [1, 2]


def test_forms_stand_in_the_order_in_which_they_are_offered():
    assert exports.forms_of(of(arms=["qlora"], forms=["adapter", "gguf-f16", "merged"])) == [
        "merged",
        "gguf-f16",
        "adapter",
    ]
    assert exports.forms_of(of(arms=["qlora"])) == list(exports.FORMS)
