"""Watch a training: which evaluated step is the best, when to stop early, and what the adapter answers on the way.

Reads prompts (valid.parquet) and, where a killed training continues, {checkpoint}/best.safetensors; writes the latter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json, read_parquet, replacing
from kotune.layers.attention import NAME as VARLEN
from kotune.models import loading
from kotune.prompts.encoding import Rows
from kotune.training import processes
from kotune.training.adapter_file import adapter_tensors

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedTokenizerBase, TrainingArguments

BEST = "best.safetensors"  # in a checkpoint: the adapter of the best evaluated step so far


@dataclass(frozen=True)
class Asked:
    """A recipe's `watch`.

    ``best``: the adapter written is the one of the evaluated step with the lowest eval_loss (of equal ones the first).
    ``patience``: stop after so many evaluations in which eval_loss did not fall. It falls where it is lower, by at
    least ``threshold``, than the value that it last fell to. ``samples``: rows of valid answered at each evaluation,
    with up to ``sample_tokens`` tokens.
    """

    best: bool = False
    patience: int | None = None
    threshold: float = 0.0
    samples: int = 0
    sample_tokens: int = 64

    @property
    def judges(self) -> bool:
        """Whether an evaluation decides anything."""
        return self.best or self.patience is not None


def _whole(key: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UserError(f"recipe.watch.{key}: {value!r} is not a whole number of at least {least}")


def asked_of(recipe: Json, config: TrainingArguments) -> Asked:
    """Return a recipe's `watch`, checked; UserError names the key that cannot be."""
    given = recipe.get("watch") or {}
    known = list(Asked.__dataclass_fields__)
    for key in given:
        if key not in known:
            raise UserError(f"recipe.watch: unknown key '{key}'{nearest(key, known)}")
    asked = Asked(**given)
    if not isinstance(asked.best, bool):
        raise UserError(f"recipe.watch.best: {asked.best!r} is neither true nor false")
    if asked.patience is not None:
        _whole("patience", asked.patience, 1)
    _whole("samples", asked.samples, 0)
    _whole("sample_tokens", asked.sample_tokens, 1)
    if isinstance(asked.threshold, bool) or not isinstance(asked.threshold, int | float) or not asked.threshold >= 0:
        raise UserError(f"recipe.watch.threshold: {asked.threshold!r} is not a number of at least 0")
    if asked.threshold and asked.patience is None:
        raise UserError(
            "recipe.watch.threshold: it says what patience waits for, and there is none; set watch.patience"
        )
    wanted = next((key for key in ("best", "patience", "samples") if getattr(asked, key)), None)
    if wanted and config.eval_strategy != "steps":
        raise UserError(
            f"recipe.watch.{wanted}: it looks at each evaluation of a step, and trainer.eval_strategy is "
            f"'{getattr(config.eval_strategy, 'value', config.eval_strategy)}'; set it to steps, with eval_steps"
        )
    return asked


@contextmanager
def untouched_random_state() -> Iterator[None]:
    """Give torch's random numbers back as they were."""
    import torch

    with torch.random.fork_rng(devices=[torch.cuda.current_device()] if torch.cuda.is_available() else []):
        yield


@dataclass
class Watcher:
    """What the evaluations have shown so far; kept in checkpoints, so that a resumed training decides the same."""

    asked: Asked = field(default_factory=Asked)
    best_step: int | None = None
    best_loss: float | None = None
    fell_to: float | None = None  # eval_loss where it last fell by the threshold
    waited: int = 0
    stopped_at: int | None = None
    tensors: dict[str, Tensor] | None = None  # the best adapter's, where the best is asked for

    def check_steps(self, eval_steps: float, max_steps: int) -> None:
        """Raise UserError where a training has no evaluation to judge by."""
        if self.asked.judges and eval_steps > max_steps:
            key = "best" if self.asked.best else "patience"
            raise UserError(
                f"recipe.watch.{key}: the training has {max_steps} steps and evaluates every {eval_steps:g}, so never; "
                "lower trainer.eval_steps"
            )

    def judge(self, step: int, max_steps: int, loss: float, model: Any) -> bool:
        """Take in one evaluation; return whether the training should stop before its end."""
        if not self.asked.judges:
            return False
        loss = processes.smallest(loss)  # all cards must decide the same
        if self.best_loss is None or loss < self.best_loss:
            self.best_step, self.best_loss = step, loss
            self.tensors = adapter_tensors(model) if self.asked.best else None
        if self.fell_to is None or (loss < self.fell_to and self.fell_to - loss >= self.asked.threshold):
            self.fell_to, self.waited = loss, 0
        else:
            self.waited += 1
        if self.asked.patience is not None and self.waited >= self.asked.patience and step < max_steps:
            self.stopped_at = step
        return self.stopped_at is not None

    def state(self) -> Json:
        """Return what a checkpoint's mark keeps; nothing where nothing is judged."""
        names = ("best_step", "best_loss", "fell_to", "waited", "stopped_at")
        return {"watch": {name: getattr(self, name) for name in names}} if self.asked.judges else {}

    def keep(self, checkpoint: Path) -> None:
        """Write the best adapter so far into a checkpoint."""
        if self.tensors is not None:
            from safetensors.torch import save

            with replacing(checkpoint / BEST) as beside:
                beside.write_bytes(save(self.tensors))

    def restore(self, state: Json, checkpoint: Path) -> None:
        """Take up what a checkpoint kept."""
        for name, value in state.get("watch", {}).items():
            setattr(self, name, value)
        if self.asked.best and self.best_step is not None:
            from safetensors.torch import load

            self.tensors = load((checkpoint / BEST).read_bytes())

    def facts(self) -> Json:
        """Return what a record says of it; nothing where nothing is judged."""
        if not self.asked.judges:
            return {}
        return {
            "best_step": self.best_step,
            "best_eval_loss": self.best_loss,
            "stopped_early": self.stopped_at is not None,
            "stopped_at": self.stopped_at,
        }


@dataclass(frozen=True)
class Sampler:
    """Rows of valid that are answered again and again, greedily."""

    rows: list[tuple[str, list[int], str]]  # id, the prompt's tokens, the gold answer's text
    tokenizer: PreTrainedTokenizerBase
    stop: list[int]
    new_tokens: int
    attention: str  # what answers where the training's own attention is for packed rows only

    @classmethod
    def read(cls, asked: Asked, path: Path, valid: Rows, tokenizer: PreTrainedTokenizerBase, model: Json) -> Sampler:
        """Return the sampler of the first rows of valid that are not excluded; ``model``: its settings object."""
        table = read_parquet(path).to_dict(as_series=False)
        every = zip(table["id"], table["prompt_tokens"], table["excluded"], strict=True)
        kept = [(name, start) for name, start, reason in every if reason is None]
        rows, stop = [], set(loading.stop_ids(tokenizer, model.get("stop", ())))
        for (name, start), tokens in list(zip(kept, valid.ids, strict=True))[: asked.samples]:
            # where the loss is on all tokens its mask does not tell the prompt; an answer ends at its first stop token
            end = next((place for place in range(start, len(tokens)) if tokens[place] in stop), len(tokens))
            rows.append((name, tokens[:start], tokenizer.decode(tokens[start:end], skip_special_tokens=True).strip()))
        window = model.get("context_window") or float("inf")
        room = window - max(len(prompt) for _, prompt, _ in rows)
        tokens = max(1, int(min(asked.sample_tokens, room)))
        return cls(rows, tokenizer, sorted(stop), tokens, model.get("attn_implementation") or "eager")

    def answer(self, model: Any) -> list[Json]:
        """Answer the rows with a model as it is; its mode and torch's random numbers are the same afterwards."""
        modes = {module: module.training for module in model.modules()}
        base = model.get_base_model()
        attention = base.config._attn_implementation
        model.eval()
        try:
            if attention == VARLEN:
                base.set_attn_implementation(self.attention)
            with untouched_random_state():
                made = self._generate(model)
        finally:
            if attention == VARLEN:
                base.set_attn_implementation(attention)
            for module, training in modes.items():
                module.training = training
        return [
            {
                "id": name,
                "answer": self.tokenizer.decode(self._cut(row), skip_special_tokens=True).strip(),
                "gold": gold,
            }
            for (name, _, gold), row in zip(self.rows, made, strict=True)
        ]

    def _generate(self, model: Any) -> list[list[int]]:
        import torch
        from transformers import GenerationConfig

        pad = self.tokenizer.pad_token_id
        longest = max(len(prompt) for _, prompt, _ in self.rows)
        ids = [[pad] * (longest - len(prompt)) + prompt for _, prompt, _ in self.rows]
        mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for _, prompt, _ in self.rows]
        config = GenerationConfig(
            do_sample=False, max_new_tokens=self.new_tokens, eos_token_id=self.stop, pad_token_id=pad, use_cache=True
        )
        device = next(model.parameters()).device
        made = model.generate(
            input_ids=torch.tensor(ids, device=device),
            attention_mask=torch.tensor(mask, device=device),
            generation_config=config,
        )
        return made[:, longest:].tolist()

    def _cut(self, row: list[int]) -> list[int]:
        end = next((place for place, token in enumerate(row) if token in self.stop), len(row))
        return row[:end]
