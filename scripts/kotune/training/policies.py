"""Policies: how likely a model makes an answer, token by token, and the policy that a training began with.

Takes a model in memory; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from kotune.core.storage import Json
from kotune.training.gradients import without_needless_mask

if TYPE_CHECKING:
    from torch import Tensor

CHUNK = 2048  # positions whose logits are there at once, where there are more
# Multipliers that some architectures put on their logits within their own forward.
LOGIT_SCALES = ("logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")


class Frozen:
    """The trained weights as they are now, to be put back for a while: the policy that a training begins with.

    A copy in memory of what came from the adapter that the training starts from: never a base read from disk.
    """

    def __init__(self, model: Any) -> None:
        self.weights = {name: one.detach().clone() for name, one in model.named_parameters() if one.requires_grad}

    @contextmanager
    def in_place(self, model: Any) -> Iterator[None]:
        """Have the model be that policy; its own weights are back afterwards."""
        trained = {name: one for name, one in model.named_parameters() if one.requires_grad}
        own = {name: one.data for name, one in trained.items()}
        try:
            for name, one in trained.items():
                one.data = self.weights[name]
            yield
        finally:
            for name, one in trained.items():
                one.data = own[name]


@contextmanager
def without_dropout(model: Any) -> Iterator[None]:
    """Have the model be as it answers; each of its modules is in its own mode again afterwards."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def batch_of(rows: list[tuple[list[int], list[int]]], pad: int, device: Any) -> dict[str, Tensor]:
    """Return prompts with their answers as one batch, padded on the right; ``answers``: True on the answers' tokens."""
    import torch

    width = max((len(prompt) + len(answer) for prompt, answer in rows), default=1)
    ids = torch.full((len(rows), width), pad, dtype=torch.int64)
    mask, answers = torch.zeros_like(ids), torch.zeros_like(ids, dtype=torch.bool)
    for place, (prompt, answer) in enumerate(rows):
        end = len(prompt) + len(answer)
        ids[place, :end] = torch.tensor([*prompt, *answer])
        mask[place, :end] = 1
        answers[place, len(prompt) : end] = True
    made = {"input_ids": ids, "attention_mask": mask, "answers": answers}
    return {name: tensor.to(device) for name, tensor in made.items()}


def log_probabilities(model: Any, batch: Json, temperature: float, autocast: Any = nullcontext) -> Tensor:
    """Return the log-probability of each token of the answers (tokens), row by row, at a temperature.

    ``model``: a PeftModel; ``batch``: of `batch_of`; ``autocast``: a context manager around the forward pass. Logits
    are made of the answers' positions alone, and in parts where there are many.
    """
    import torch
    from torch.utils.checkpoint import checkpoint

    inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
    if inputs["input_ids"].is_cuda:  # cuDNN's attention can give gradients that are no numbers beside a mask
        inputs = without_needless_mask(inputs)
    chosen = batch["answers"][:, 1:]
    targets = batch["input_ids"][:, 1:][chosen]
    base = model.get_base_model()
    config = base.config.get_text_config()
    with autocast():
        if any(getattr(config, name, None) is not None for name in LOGIT_SCALES):
            return _of_logits(base(**inputs, use_cache=False).logits[:, :-1][chosen], targets, temperature)
        hidden = base.base_model(**inputs, use_cache=False).last_hidden_state[:, :-1][chosen]
        if len(targets) <= CHUNK:
            return _of_hidden(base, hidden, targets, temperature)
        pieces = zip(hidden.split(CHUNK), targets.split(CHUNK), strict=True)
        return torch.cat([checkpoint(_of_hidden, base, *one, temperature, use_reentrant=False) for one in pieces])


def _of_hidden(base: Any, hidden: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """Return the log-probabilities of tokens (positions) after hidden states (positions, width)."""
    import torch

    softcap = getattr(base.config.get_text_config(), "final_logit_softcapping", None)
    logits = base.get_output_embeddings()(hidden)
    if softcap:
        logits = torch.tanh(logits / softcap) * softcap
    return _of_logits(logits, targets, temperature)


def _of_logits(logits: Tensor, targets: Tensor, temperature: float) -> Tensor:
    logits = logits.float() / temperature
    return logits.gather(-1, targets[:, None])[:, 0] - logits.logsumexp(-1)
