"""What evaluations decide: the best step, an early stop, and both again after a kill; what cannot be watched is named."""

from types import SimpleNamespace

import pytest
import torch
from tiny_model import CPU, RECIPE, make_model, write_prompts

from kotune.core.errors import UserError
from kotune.models import loading
from kotune.prompts import encoding
from kotune.training import watching
from kotune.training.lora import lora_config
from kotune.training.watching import Asked, Watcher

BY_STEPS = SimpleNamespace(eval_strategy="steps")


def judged(watcher: Watcher, *losses: float, first: int = 0) -> list[bool]:
    """Return whether each evaluation, two steps apart, ends a training of a hundred steps."""
    return [watcher.judge(first + 2 * place, 100, loss, None) for place, loss in enumerate(losses)]


@pytest.mark.parametrize(
    ("watch", "message"),
    [
        ({"bst": True}, "recipe.watch: unknown key 'bst'; did you mean 'best'"),
        ({"patience": 0}, "recipe.watch.patience: 0 is not a whole number of at least 1"),
        ({"patience": True}, "recipe.watch.patience: True is not a whole number"),
        ({"best": "yes"}, "recipe.watch.best: 'yes' is neither true nor false"),
        ({"threshold": 0.1}, "recipe.watch.threshold: it says what patience waits for"),
        ({"patience": 1, "threshold": -1}, "recipe.watch.threshold: -1 is not a number of at least 0"),
        ({"samples": -1}, "recipe.watch.samples: -1"),
        ({"samples": 1, "sample_tokens": 0}, "recipe.watch.sample_tokens: 0 is not a whole number of at least 1"),
    ],
)
def test_a_watch_that_says_something_unknown_is_named(watch, message):
    with pytest.raises(UserError, match=message):
        watching.asked_of({"watch": watch}, BY_STEPS)


@pytest.mark.parametrize("key", ["best", "patience", "samples"])
def test_a_watch_needs_evaluations_of_steps(key):
    assert watching.asked_of({"watch": {key: 1 if key != "best" else True}}, BY_STEPS)
    for strategy in ("no", "epoch"):
        with pytest.raises(UserError, match=f"recipe.watch.{key}: .* '{strategy}'; set it to steps"):
            watching.asked_of({"watch": {key: 1 if key != "best" else True}}, SimpleNamespace(eval_strategy=strategy))
    assert not watching.asked_of({}, SimpleNamespace(eval_strategy="no")).judges


def test_a_training_that_never_evaluates_cannot_be_judged():
    with pytest.raises(
        UserError, match="recipe.watch.best: the training has 16 steps and evaluates every 20, so never"
    ):
        Watcher(Asked(best=True)).check_steps(20, 16)
    Watcher(Asked(samples=2)).check_steps(20, 16)


def test_of_equal_losses_the_first_is_the_best():
    watcher = Watcher(Asked(patience=9))
    judged(watcher, 2.0, 1.0, 1.0, 1.5)
    assert (watcher.best_step, watcher.best_loss) == (2, 1.0)


def test_patience_counts_evaluations_in_which_the_loss_did_not_fall():
    assert judged(Watcher(Asked(patience=2)), 2.0, 1.0, 1.1, 0.9, 1.0, 0.9) == [False] * 5 + [True]
    watcher = Watcher(Asked(patience=2))
    judged(watcher, 1.0, 2.0, 2.0)
    assert watcher.facts() == {"best_step": 0, "best_eval_loss": 1.0, "stopped_early": True, "stopped_at": 4}


def test_a_loss_that_creeps_down_falls_when_it_has_crept_by_the_threshold():
    crept = [1.0, 0.96, 0.92, 0.88]
    assert judged(Watcher(Asked(patience=3, threshold=0.1)), *crept, 0.9, 0.9, 0.9) == [False] * 6 + [True]
    assert judged(Watcher(Asked(patience=3, threshold=0.2)), *crept)[-1] is True


def test_the_last_step_is_no_early_stop():
    watcher = Watcher(Asked(patience=1))
    judged(watcher, 1.0)
    assert watcher.judge(100, 100, 2.0, None) is False and watcher.facts()["stopped_early"] is False


def test_a_watch_of_samples_alone_decides_and_records_nothing():
    watcher = Watcher(Asked(samples=2))
    assert judged(watcher, 1.0, 9.0) == [False, False]
    assert watcher.state() == {} == watcher.facts()


@pytest.fixture
def weights(monkeypatch):
    """Put a dict of tensors in an adapter's place; a test changes it as a training would."""
    held = {"lora_A": torch.zeros(2)}
    monkeypatch.setattr(watching, "adapter_tensors", lambda model: {name: one.clone() for name, one in held.items()})
    return held


def test_a_killed_training_judges_on_where_it_was(weights, tmp_path):
    asked, losses = Asked(best=True, patience=2), [2.0, 1.0, 1.5, 1.2, 3.0]
    whole, killed = Watcher(asked), Watcher(asked)
    judged(whole, *losses[:2])
    judged(killed, *losses[:2])
    weights["lora_A"] += 1  # the training goes on, and the best is what it was
    killed.keep(tmp_path)
    resumed = Watcher(asked)
    resumed.restore(killed.state(), tmp_path)
    assert judged(resumed, *losses[2:], first=4) == judged(whole, *losses[2:], first=4)
    assert resumed.facts() == whole.facts() and resumed.best_step == 2
    assert torch.equal(resumed.tensors["lora_A"], torch.zeros(2))


def test_without_a_best_no_adapter_is_kept(tmp_path):
    watcher = Watcher(Asked(patience=2))
    judged(watcher, 1.0)
    watcher.keep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_torchs_random_numbers_are_given_back():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    with watching.untouched_random_state():
        torch.rand(100)
    assert torch.equal(torch.rand(3), expected)


def test_a_model_is_the_same_after_samples(tmp_path):
    model_settings = make_model(tmp_path / "model")
    valid = write_prompts(tmp_path / "valid.parquet", model_settings, 6, seed=1)
    tokenizer = loading.load_tokenizer(model_settings)
    rows = encoding.encode_rows(valid, tokenizer)
    asked = Asked(samples=2, sample_tokens=500)
    sampler = watching.Sampler.read(asked, valid, rows, tokenizer, model_settings)
    assert sampler.new_tokens + max(len(prompt) for _, prompt, _ in sampler.rows) == 256  # the window ends an answer
    model = loading.load_model(model_settings, None, CPU).model
    from peft import get_peft_model

    model = get_peft_model(model, lora_config(RECIPE["lora"], model))
    model.train()
    model.base_model.model.model.norm.eval()
    modes, before = [module.training for module in model.modules()], torch.get_rng_state()
    assert sampler.answer(model) == sampler.answer(model)
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), before)
