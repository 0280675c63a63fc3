"""The names that a start knows are those of the libraries that are installed: a new version must not make them stale."""

import dataclasses

import pytest

from kotune.layers.fused import ARCHITECTURES, PROJECTIONS
from kotune.study import library_names as names


def test_optimizers_are_those_of_transformers():
    from transformers.training_args import OptimizerNames

    assert set(names.OPTIMIZERS) == {one.value for one in OptimizerNames}


@pytest.mark.parametrize("name", [name for name, needed in names.OPTIMIZERS.items() if needed is None])
def test_an_optimizer_that_needs_nothing_more_is_made(name, tmp_path):
    import torch
    from transformers import Trainer
    from trl import SFTConfig

    given = SFTConfig(output_dir=str(tmp_path), optim=name, use_cpu=True, bf16=False, report_to="none")
    made, _ = Trainer.get_optimizer_cls_and_kwargs(given, torch.nn.Linear(2, 2))
    assert issubclass(made, torch.optim.Optimizer)


def test_schedulers_are_those_of_transformers_and_need_what_is_said():
    import torch
    from transformers import get_scheduler
    from transformers.trainer_utils import SchedulerType

    assert set(names.SCHEDULERS) == {one.value for one in SchedulerType}

    def made(name, rate=1e-3):
        optimizer = torch.optim.SGD(torch.nn.Linear(2, 2).parameters(), lr=rate)
        return get_scheduler(name, optimizer, num_warmup_steps=1, num_training_steps=9)

    for name, lacking in names.SCHEDULERS.items():
        if lacking:
            with pytest.raises((TypeError, ValueError), match=lacking):
                made(name)
        else:
            made(name)
    with pytest.raises(ValueError):
        made("polynomial", names.POLYNOMIAL_END)


def test_defaults_are_those_of_trl():
    from trl import SFTConfig

    own = {field.name: field.default for field in dataclasses.fields(SFTConfig)}
    assert (own["logging_steps"], own["save_steps"]) == (names.LOGGING_STEPS, names.SAVE_STEPS)


@pytest.mark.parametrize("architecture", names.LINEAR)
def test_layers_are_those_of_the_architecture(architecture):
    import torch
    import transformers

    made = getattr(transformers, architecture)
    sizes = {
        "hidden_size": 32,
        "intermediate_size": 32,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
    }
    config = made.config_class(num_hidden_layers=2, vocab_size=64, **sizes, pad_token_id=0)
    with torch.device("meta"):
        model = made(config)
    linear = {name.rsplit(".", 1)[-1] for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)}
    assert linear - {"lm_head"} == set(names.LINEAR[architecture])


def test_fused_layers_are_of_known_architectures():
    assert set(ARCHITECTURES) <= set(names.LINEAR)
    assert all(names.LINEAR[one] == PROJECTIONS for one in ARCHITECTURES)
