"""What methods that learn from rewards share: dropout goes, the reference stays, and a killed one goes on counting."""

import pytest
import rewarded_training
import torch

from kotune.core.errors import UserError
from kotune.training import build, rewarded, train
from kotune.training.counts import Counts


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    return rewarded_training.order(tmp_path_factory.mktemp("rewarded"))


def built(order, folder, counts=None, **trainer):
    ready = train.prepared(rewarded_training.with_trainer(order, folder, **trainer))
    return build.build(ready.order, ready.config, ready.rows, ready.tokenizer, counts or Counts(), ready.device)


def test_dropout_is_gone_and_the_adapters_configuration_keeps_it(order, tmp_path):
    trainer = built(order, tmp_path).trainer
    assert {module.p for module in trainer.model.modules() if isinstance(module, torch.nn.Dropout)} == {0.0}
    assert trainer.model.peft_config["default"].lora_dropout == 0.1


def test_the_reference_is_kept_where_the_rule_looks_at_it(order, tmp_path):
    assert built(order, tmp_path).trainer.setting.reference is not None
    assert built(order, tmp_path, beta=0.0).trainer.setting.reference is None


def test_what_a_killed_training_counted_goes_on(order, tmp_path):
    found = {"samples": 8, "not_run": 2}
    more = {
        "found": found,
        "rewards": {"outcomes": {"passed": 6, "not run": 2}, "missed": 2},
        "drawn": {"tokens": 40, "near_ties": 1},
    }
    made = built(order, tmp_path, Counts(more=more))
    assert made.trainer.setting.rewards.missed == 2
    facts = {"reward": "answer_chars", **found, "drawn_tokens": 40, "near_ties": 1}
    assert made.facts() == {**facts, "outcomes": {"not run": 2, "passed": 6}}


def test_a_step_has_as_many_answers_as_go_through_the_model():
    assert rewarded.of_a_step({}) == 8
    assert rewarded.of_a_step({"per_device_train_batch_size": 6, "gradient_accumulation_steps": 4}) == 24


def test_a_value_that_there_is_not_is_answered_with_the_nearest():
    with pytest.raises(UserError, match=r"recipe.trainer.loss_type: unknown 'dpo'.*dapo"):
        rewarded.one_of({"trainer": {"loss_type": "dpo"}}, "loss_type", ("dapo", "grpo"))
