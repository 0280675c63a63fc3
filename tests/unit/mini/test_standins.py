"""The stand-ins: small, of their family's architecture, and those that are bundled are what is written here."""

import pytest

from kotune.core.names import ROOT
from kotune.core.storage import read_json
from kotune.mini import standins, tokenizers
from kotune.mini.standins import STAND_INS


def specials_of(one: standins.StandIn) -> dict[str, int]:
    """Ids of a family's special tokens, behind the merges."""
    names = tokenizers.FAMILIES[one.family].specials
    return {token: one.vocabulary - len(names) + number for number, token in enumerate(names)}


@pytest.mark.parametrize("name", sorted(STAND_INS))
def test_every_stand_in_is_small_and_of_its_architecture(name: str) -> None:
    from transformers import AutoModelForCausalLM

    one = STAND_INS[name]
    model = AutoModelForCausalLM.from_config(standins.model_config(one, specials_of(one)))
    assert type(model).__name__.lower().startswith(one.architecture)
    assert 2 * model.num_parameters() <= 8_000_000, "bf16 takes two bytes a parameter"
    assert model.config.pad_token_id != model.config.eos_token_id


@pytest.mark.parametrize(("study", "budget"), [("tiny", 32_000_000), ("long", 24_000_000)])
def test_all_stand_ins_of_a_study_fit_its_budget(study: str, budget: int) -> None:
    from transformers import AutoModelForCausalLM

    own = [one for one in STAND_INS.values() if one.name.startswith(study)]
    models = (AutoModelForCausalLM.from_config(standins.model_config(one, specials_of(one))) for one in own)
    assert own and sum(2 * model.num_parameters() for model in models) <= budget


def test_a_second_stage_has_its_own_blocks_and_documents() -> None:
    first, second = STAND_INS["long-qwen2"].stages()
    assert (first.block, second.block) == (512, 4096) and first.stage != second.stage
    assert STAND_INS["tiny-qwen2"].stages() == [STAND_INS["tiny-qwen2"]]


@pytest.mark.parametrize("name", sorted(STAND_INS))
def test_the_bundled_model_has_the_shape_that_is_written_here(name: str) -> None:
    one, config = STAND_INS[name], read_json(ROOT / "resources/mini/models" / name / "config.json")
    expected = standins.model_config(one, specials_of(one))
    for key in ("model_type", "hidden_size", "num_hidden_layers", "intermediate_size", "max_position_embeddings"):
        assert config[key] == getattr(expected, key), key
    assert config["vocab_size"] == one.vocabulary and config["tie_word_embeddings"]
