"""Answers of a padded batch, token by token, each step one CUDA graph.

Takes a model in memory; reads and writes nothing. transformers' generate starts each kernel of each token from Python:
a small model on a fast GPU waits for its host most of the time, whatever the batch. Here the step of a token is
recorded once a batch and then replayed. It takes models whose masks can be given ready-made; all others are
left to generate. The same tokens, but for near ties: attention runs over the whole cache, of which what is
not yet written is masked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from kotune.answering.draws import MARGINS, Draws

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import GenerationConfig, PreTrainedModel

LAYERED = ("gemma2", "gemma3_text", "qwen2", "qwen3")  # take one mask for each kind of layer
PLAIN = ("llama",)  # take one mask
Drawn = tuple[Draws, "Tensor"]  # how tokens are drawn, and the keys of the rows
LOOK = 8  # tokens between two looks at who has finished: each look makes the GPU wait for its host
# What of a GenerationConfig is followed here. Others must be as they are by default.
FOLLOWED = {"max_new_tokens", "do_sample", "bos_token_id", "eos_token_id", "pad_token_id", "transformers_version"}
DRAWN = {"temperature", "top_p", "top_k"}  # and these where tokens are drawn (`answering.draws`)


def refusal(config: GenerationConfig, model: PreTrainedModel, device: str) -> str | None:
    """Return why a batch cannot be answered here, or None where it can."""
    if device != "cuda":
        return "there is no GPU"
    others = [key for key in config.to_diff_dict() if key not in FOLLOWED | (DRAWN if config.do_sample else set())]
    if others:
        return f"it knows no {', '.join(others)}"
    base = model.config
    if base.model_type not in (*LAYERED, *PLAIN):
        return f"masks of {base.model_type} models cannot be given"
    if base._attn_implementation not in ("sdpa", "eager"):
        return f"attention is {base._attn_implementation}"
    return None


def visible(real: Tensor, queries: Tensor, window: int | None = None) -> Tensor:
    """Return which keys each query sees (batch, 1, queries, keys), True where it does.

    ``real`` (batch, keys): no padding; ``queries``: their places among the keys; ``window``: how far back they see.
    Padding sees padding: a row that sees nothing would be no number, and zero times no number is none either.
    """
    import torch

    keys = torch.arange(real.shape[1], device=real.device)
    seen = keys[None] <= queries[:, None]
    if window is not None:
        seen &= keys[None] > queries[:, None] - window
    return (seen[None] & (real[:, None] == real[:, queries, None]))[:, None]


def masks_of(model: PreTrainedModel, real: Tensor, queries: Tensor) -> Any:
    """Return the masks as the model takes them: one, or one for each kind of its layers."""
    import torch

    def made(window: int | None) -> Tensor:
        seen = visible(real, queries, window)
        if model.config._attn_implementation == "sdpa":
            return seen
        return torch.where(seen, 0.0, torch.finfo(model.dtype).min).to(model.dtype)

    if model.config.model_type in PLAIN:
        return made(None)
    windows = {"full_attention": None, "sliding_attention": getattr(model.config, "sliding_window", None)}
    return {kind: made(windows[kind]) for kind in sorted(set(model.config.layer_types))}


def recorded(step: Callable[[], None]) -> Callable[[], object]:
    """Run a step once, which loads and tunes its kernels; return what runs it again: its CUDA graph."""
    import torch

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def run_once(step: Callable[[], None]) -> Callable[[], None]:
    """Run a step and return it: what `recorded` does, without a GPU."""
    step()
    return step


class State:
    """The answers of a batch as they grow. Lives on the model's device and is changed in place."""

    def __init__(
        self, model: PreTrainedModel, ids: Tensor, mask: Tensor, config: GenerationConfig, draws: Drawn | None = None
    ) -> None:
        import torch
        from transformers import Cache
        from transformers.cache_utils import StaticLayer

        rows, length = ids.shape
        limit, device = config.max_new_tokens, ids.device
        self.model, self.pad = model, config.pad_token_id
        self.stop = torch.tensor(config.eos_token_id, device=device)
        self.real = torch.cat([mask.bool(), mask.new_ones(rows, limit).bool()], dim=1)
        # windows are in the masks: a layer that rolls its cache asks its host at each token
        self.cache = Cache(layers=[StaticLayer(length + limit) for _ in range(model.config.num_hidden_layers)])
        self.place = torch.tensor([length], device=device)  # of the token that the next step reads
        self.position = mask.sum(1, keepdim=True)
        self.token = torch.zeros(rows, 1, dtype=torch.int64, device=device)
        self.count = torch.zeros(1, dtype=torch.int64, device=device)
        self.made = torch.full((rows, limit), self.pad, dtype=torch.int64, device=device)
        self.ended = torch.zeros(rows, dtype=torch.bool, device=device)
        self.draws = draws
        self.drawn, self.near = (torch.zeros(1, dtype=torch.int64, device=device) for _ in range(2))

    def _forward(self, ids: Tensor, places: Tensor, positions: Tensor) -> None:
        """Read tokens and take up the next one of each row."""
        import torch

        logits = self.model(
            input_ids=ids,
            attention_mask=masks_of(self.model, self.real, places),
            position_ids=positions,
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits
        chosen = torch.where(self.ended, self.pad, self._chosen(logits[:, -1]))
        self.made.index_copy_(1, self.count, chosen[:, None])
        self.ended.logical_or_((chosen[:, None] == self.stop).any(1))
        self.token.copy_(chosen[:, None])
        self.count.add_(1)

    def _chosen(self, logits: Tensor) -> Tensor:
        """Return the most likely next token of each row, or the drawn one."""
        if self.draws is None:
            return logits.argmax(-1)
        draws, keys = self.draws
        chosen, near = draws.choose(logits, keys, self.count, MARGINS[str(logits.dtype)])
        self.drawn.add_((~self.ended).sum())
        self.near.add_((near & ~self.ended).sum())
        return chosen

    def read(self, ids: Tensor, mask: Tensor) -> None:
        """Read the prompts and make the first token of each answer."""
        import torch

        positions = (mask.cumsum(1) - 1).clamp(min=0)
        self._forward(ids, torch.arange(ids.shape[1], device=ids.device), positions)

    def step(self) -> None:
        """Make one more token of each answer; those that have ended do the work in vain."""
        self._forward(self.token, self.place, self.position)
        self.place.add_(1)
        self.position.add_(1)


def answer(
    model: PreTrainedModel,
    ids: Tensor,
    mask: Tensor,
    config: GenerationConfig,
    record: Callable[[Callable[[], None]], Callable[[], object]] = recorded,
    draws: Drawn | None = None,
) -> Sequence[list[int]]:
    """Return the new tokens of each row, padded behind its stop token, as generate would, or drawn.

    ``ids``, ``mask`` (rows, tokens): prompts, padded on the left; ``record``: runs a step and makes it repeatable.
    ``draws``: how tokens are drawn, and the rows' keys; None for the likeliest.
    """
    import torch

    with torch.inference_mode(False), torch.no_grad():
        state = State(model, ids, mask, config, draws)
        state.read(ids, mask)
        replay = None
        for place in range(1, config.max_new_tokens):
            if place % LOOK == 1 and bool(state.ended.all()):
                break
            if replay is None:
                replay = record(state.step)
            else:
                replay()
        if draws:
            draws[0].drawn += int(state.drawn)
            draws[0].near += int(state.near)
        return state.made.tolist()
