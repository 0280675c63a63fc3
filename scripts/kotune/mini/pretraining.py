"""The pretraining loop of a stand-in. Takes batches, gives back a trained model and its progress; writes no files.

All tokens are learnt; the answers' tokens weigh more, because finding them is what the model is for.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kotune.mini.standins import StandIn

if TYPE_CHECKING:
    import numpy as np
    import torch

    Losses = Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

Report = Callable[[dict[str, float]], None]


def learning_rate(progress: float, step: int, peak: float, warmup: int) -> float:
    """Linear warm-up over the first steps, then a cosine down to 2 % of the peak at progress 1."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def weighted_loss(logits: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean next-token loss by weight, and the plain mean over the answers' tokens."""
    import torch.nn.functional as functional

    losses = functional.cross_entropy(logits[:, :-1].flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none")
    weight = weights[:, 1:].flatten().float()
    answers = (weight > 1).float()
    return (losses * weight).sum() / weight.sum(), (losses * answers).sum() / answers.sum().clamp(min=1)


def loss_function(model: torch.nn.Module, device: str, compiled: bool) -> Losses:
    """Forward pass and loss in one (compiled) function; bf16 on a GPU, fp32 on a CPU."""
    import torch

    def losses(ids: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
            logits = model(input_ids=ids, use_cache=False).logits
        return weighted_loss(logits, ids, weights)

    return torch.compile(losses, dynamic=False) if compiled else losses


def optimizer_for(model: torch.nn.Module, peak: float, device: str) -> torch.optim.Optimizer:
    """AdamW, with weight decay on matrices only."""
    import torch

    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=peak, betas=(0.9, 0.98), eps=1e-8, fused=device == "cuda")


@dataclass
class Progress:
    """How far a training came: filled as it goes."""

    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0
    loss: float = float("nan")
    answer_loss: float = float("nan")
    recent: list[torch.Tensor] = field(default_factory=list)

    def line(self, elapsed: float, left: float) -> dict[str, float]:
        """One line of the curve: the means since the last one."""
        import torch

        self.loss, self.answer_loss = torch.stack(self.recent).mean(0).tolist()
        self.recent.clear()
        return {
            "step": self.steps,
            "loss": round(self.loss, 4),
            "answer_loss": round(self.answer_loss, 4),
            "tokens": self.tokens,
            "seconds": round(elapsed, 1),
            "seconds_left": round(max(0.0, left), 1),
        }


def first_losses(
    losses: Losses, plain: Losses, *batch: torch.Tensor
) -> tuple[Losses, tuple[torch.Tensor, torch.Tensor]]:
    """The first step's losses and the function to go on with: a compiler that fails must not cost the run."""
    try:
        return losses, losses(*batch)
    except Exception as error:
        if losses is plain:
            raise
        print(f"torch.compile failed ({type(error).__name__}: {error}); going on without it", file=sys.stderr)
        return plain, plain(*batch)


def train(
    model: torch.nn.Module,
    stand_in: StandIn,
    stream: Iterator[tuple[np.ndarray, np.ndarray]],
    device: str,
    compiled: bool,
    seconds: float,
    report: Report,
) -> Progress:
    """AdamW with clipping, and a cosine that ends at the last step or when ``seconds`` are over (0: no limit).

    The clock starts behind the first step, so that compiling is not counted. With a limit the number of steps
    depends on the machine; without one the run is a function of the stand-in, up to the GPU's order of summation.
    Raises FloatingPointError when the loss is no longer finite.
    """
    import numpy as np
    import torch

    plain = loss_function(model, device, compiled=False)
    losses = loss_function(model, device, compiled=True) if compiled else plain
    optimizer = optimizer_for(model, stand_in.learning_rate, device)
    warmup = min(200, max(1, stand_in.steps // 10))
    every = max(1, min(100, stand_in.steps // 10))
    done, start = Progress(), time.perf_counter()
    model.train()
    for step, (raw_ids, raw_weights) in enumerate(stream):
        elapsed = time.perf_counter() - start
        progress = max(step / stand_in.steps, elapsed / seconds if seconds and step else 0.0)
        if progress >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(progress, step, stand_in.learning_rate, warmup)
        batch = (
            torch.from_numpy(raw_ids.astype(np.int64)).to(device, non_blocking=True),
            torch.from_numpy(raw_weights).to(device, non_blocking=True),
        )
        if step:
            found = losses(*batch)
        else:
            losses, found = first_losses(losses, plain, *batch)
        found[0].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        done.recent.append(torch.stack([one.detach() for one in found]))
        done.steps, done.tokens = step + 1, done.tokens + int((raw_weights > 0).sum())
        if step == 0:
            torch.stack(done.recent).tolist()  # waits for the GPU, so that the clock starts when the step is over
            start = time.perf_counter()
        if (step + 1) % every == 0:
            elapsed = time.perf_counter() - start
            left = elapsed * (stand_in.steps - step - 1) / max(step, 1)
            report(done.line(elapsed, min(left, seconds - elapsed) if seconds else left))
            if not math.isfinite(done.loss):
                raise FloatingPointError(f"{stand_in.name}: the loss is {done.loss} at step {step + 1}")
    done.seconds = time.perf_counter() - start
    return done
