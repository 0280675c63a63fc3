"""The pretraining loop: all tokens are learnt, answers weigh more, and a limit of time ends it on a low rate."""

import math

import numpy as np
import pytest
import torch

from kotune.mini import pretraining
from kotune.mini.standins import STAND_INS


def test_the_rate_warms_up_and_falls_to_a_fiftieth() -> None:
    rates = [pretraining.learning_rate(step / 100, step, 1.0, 10) for step in range(101)]
    assert rates[0] == 0.1 and rates[9] == 1.0
    assert all(later <= earlier for earlier, later in zip(rates[10:], rates[11:], strict=False))
    assert rates[100] == pytest.approx(0.02)
    assert pretraining.learning_rate(1.7, 50, 1.0, 10) == pytest.approx(0.02), "time may be over before the steps are"


def test_a_token_counts_as_often_as_it_weighs() -> None:
    logits, ids = torch.zeros(1, 4, 5), torch.tensor([[0, 1, 2, 3]])
    logits[0, 0, 1] = 100.0  # the first is sure, the others are guesses
    loss, on_answers = pretraining.weighted_loss(logits, ids, torch.tensor([[1, 1, 1, 8]]))
    assert loss.item() == pytest.approx(9 / 10 * math.log(5)) and on_answers.item() == pytest.approx(math.log(5))
    padded, _ = pretraining.weighted_loss(logits, ids, torch.tensor([[1, 1, 0, 0]]))
    assert padded.item() == pytest.approx(0.0, abs=1e-6), "padding is not learnt"


class Bigrams(torch.nn.Module):
    """A model that only knows which token follows which."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(6, 6)

    def forward(self, input_ids: torch.Tensor, use_cache: bool):
        return type("Output", (), {"logits": self.table(input_ids)})()


def trained(steps: int = 40, seconds: float = 0, tokens=(1, 2, 3, 1, 2, 3)):
    from dataclasses import replace

    stand_in = replace(STAND_INS["tiny-gemma2"], steps=steps, learning_rate=0.3)
    ids, lines = np.array([tokens] * 2, dtype=np.uint16), []
    weights = np.array([[1, 1, 1, 1, 8, 0]] * 2, dtype=np.uint8)
    torch.manual_seed(0)
    stream = ((ids, weights) for _ in range(steps))
    done = pretraining.train(Bigrams(), stand_in, stream, "cpu", False, seconds, lines.append)
    return done, lines


def test_the_loss_falls_and_the_curve_says_how_far_it_is() -> None:
    done, lines = trained()
    assert done.steps == 40 and done.tokens == 40 * 10, "padding is no token"
    assert [line["step"] for line in lines] == list(range(4, 41, 4))
    assert lines[-1]["loss"] < lines[0]["loss"] / 3 and lines[-1]["answer_loss"] < 0.5
    assert lines[-1]["seconds_left"] == 0.0


def test_a_limit_of_time_ends_it(monkeypatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(pretraining.time, "perf_counter", lambda: float(next(clock)))
    done, _ = trained(steps=40, seconds=10)
    assert 1 < done.steps < 40


def test_a_loss_that_is_not_a_number_stops_it(monkeypatch) -> None:
    monkeypatch.setattr(pretraining, "learning_rate", lambda *_: math.nan)
    with pytest.raises(FloatingPointError, match="tiny-gemma2: the loss is (nan|inf) at step"):
        trained()


def test_a_compiler_that_fails_does_not_cost_the_run(capsys) -> None:
    def broken(*_):
        raise RuntimeError("no compiler here")

    def plain(*batch):
        return batch

    function, found = pretraining.first_losses(broken, plain, torch.zeros(1), torch.ones(1))
    assert function is plain and found[1].item() == 1
    assert "no compiler here" in capsys.readouterr().err
    with pytest.raises(RuntimeError, match="no compiler"):
        pretraining.first_losses(broken, broken, torch.zeros(1))
