"""The log-likelihood of continuations under a loaded model: sum over its tokens, and whether each was the likeliest.

Reads and writes nothing. `branched`: passes of packed rows, shared texts read once, logits only where a continuation is
scored. `padded`: for models whose attention cannot be chosen; a row a continuation, padded to the longest of its batch.
In float32 (`exact`), or in the model's own type, as lm-evaluation-harness computes log-softmax and sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kotune.harness.shared_texts import Pass, passes_of
from kotune.harness.token_ids import Asked
from kotune.layers import attention_branched

if TYPE_CHECKING:
    from torch import Tensor

TOKENS = {"cuda": 16384, "cpu": 4096}  # of a pass: beyond, a GPU does not get faster
LOGITS = {"cuda": 2**31, "cpu": 2**28}  # bytes of a pass's logits
CHUNK = 2**28  # values of a log-softmax at a time
WAYS = ("branched", "padded")


@dataclass(frozen=True)
class Likelihood:
    """Of a continuation: whose it is (request, place), the sum of its tokens' log-probabilities, how many they are, and
    whether each was the likeliest."""

    owner: tuple[int, int]
    sum: float
    tokens: int
    greedy: bool


@dataclass(frozen=True)
class _Picked:
    """What is still on the device of a pass: of each scored token its log-probability, and whether it was likeliest."""

    scored: list[tuple[tuple[int, int], int]]
    values: Tensor
    hits: Tensor


class Scorer:
    """Scores what a model is asked; the model may change its adapter between two calls."""

    def __init__(self, model: Any, way: str | None = None, tokens: int | None = None) -> None:
        self.model = model
        self.base = model.get_base_model() if hasattr(model, "get_base_model") else model
        self.device = self.base.device
        self.why_padded = attention_branched.refusal(self.base)
        self.way = way or ("padded" if self.why_padded else "branched")
        if self.way == "branched":
            attention_branched.register()
            self.base.set_attn_implementation(attention_branched.NAME)
        kind = "cuda" if self.device.type == "cuda" else "cpu"
        self.tokens = tokens or TOKENS[kind]
        self.vocabulary = self.base.get_output_embeddings().weight.shape[0]
        self.most_scored = max(1, LOGITS[kind] // (self.vocabulary * self.base.dtype.itemsize))

    def passes(self, asked: Sequence[Asked]) -> list[Any]:
        """Return what goes through the model, pass by pass, for `score`."""
        if self.way == "branched":
            return passes_of(asked, self.tokens, self.most_scored)
        return batches_of(asked, self.tokens, self.most_scored)

    def score(self, passes: Sequence[Any], exact: bool) -> Iterator[list[Likelihood]]:
        """Yield each pass's likelihoods; the host prepares a pass while the device computes the one before."""
        import torch

        waiting: _Picked | None = None
        for one in passes:
            with torch.inference_mode():
                picked = self._branched(one, exact) if isinstance(one, Pass) else self._padded(one, exact)
            if waiting is not None:
                yield summed(waiting, exact)
            waiting = picked
        if waiting is not None:
            yield summed(waiting, exact)

    def _branched(self, one: Pass, exact: bool) -> _Picked:
        import torch

        rows, pairs, owners, begin = [], list[tuple[int, int]](), [], 0
        for tree in one.trees:
            number = len(rows)
            rows += [
                attention_branched.Row(row.tokens, None if row.after is None else row.after + number)
                for row in tree.rows
            ]
            for owner, scored in tree.scored:
                owners.append((owner, len(scored)))
                pairs += [(place + begin, token) for place, token in scored]
            begin += tree.tokens
        ids, positions, branches = attention_branched.branches_of(rows, self.device)
        kept = sorted({place for place, _ in pairs})
        found = {place: index for index, place in enumerate(kept)}
        logits = self.model(
            input_ids=ids[None], position_ids=positions[None], use_cache=False, branches=branches,
            logits_to_keep=torch.tensor(kept, device=self.device),
        ).logits[0]  # fmt: skip
        targets = [(found[place], token) for place, token in pairs]
        return _Picked(owners, *pick(logits, targets, exact))

    def _padded(self, batch: list[Alone], exact: bool) -> _Picked:
        import torch

        width, first = len(batch[0].ids) - 1, min(row.begin for row in batch)
        ids = torch.zeros(len(batch), width, dtype=torch.long)
        for number, row in enumerate(batch):
            ids[number, : len(row.ids) - 1] = torch.tensor(row.ids[:-1])
        kept = torch.arange(first, width, device=self.device)
        logits = self.model(input_ids=ids.to(self.device), use_cache=False, logits_to_keep=kept).logits
        targets = [
            (number * len(kept) + place - first, row.ids[place + 1])
            for number, row in enumerate(batch)
            for place in range(row.begin, len(row.ids) - 1)
        ]
        owners = [(row.owner, row.scored) for row in batch]
        return _Picked(owners, *pick(logits.flatten(0, 1), targets, exact))


@dataclass(frozen=True)
class Alone:
    """A continuation with its context as a row of its own; the last ``scored`` of its ids are scored."""

    owner: tuple[int, int]
    ids: list[int]
    scored: int

    @property
    def begin(self) -> int:
        """The place before the first scored id: whose logits are the first that count."""
        return len(self.ids) - self.scored - 1


def batches_of(asked: Sequence[Asked], tokens: int, scored: int) -> list[list[Alone]]:
    """Return padded batches, the longest row first, each of at most ``tokens`` tokens and ``scored`` places' logits."""
    rows = [
        Alone(owner, [*one.context, *back], len(back))
        for one in asked
        for owner, back in zip(one.owners, one.continuations, strict=True)
    ]
    made: list[list[Alone]] = []
    for row in sorted(rows, key=lambda row: (-len(row.ids), row.owner)):
        if made:
            batch = [*made[-1], row]
            width = len(batch[0].ids) - 1
            if len(batch) * width <= tokens and len(batch) * (width - min(one.begin for one in batch)) <= scored:
                made[-1] = batch
                continue
        made.append([row])
    return made


def pick(logits: Tensor, targets: Sequence[tuple[int, int]], exact: bool) -> tuple[Tensor, Tensor]:
    """Return of each target (row of the logits, token) its log-probability, and whether it is the likeliest.

    ``logits`` (rows, vocabulary); ``exact``: log-softmax in float32, else in their own type.
    """
    import torch

    rows, tokens = torch.tensor(targets).T  # on the host: what is chosen there does not make it wait for the device
    at_once = max(1, CHUNK // logits.shape[1])
    values = logits.new_empty(len(targets), dtype=torch.float32 if exact else None)
    hits = torch.empty(len(targets), dtype=torch.bool, device=logits.device)
    for first in range(0, len(logits), at_once):
        chances = torch.log_softmax(logits[first : first + at_once], -1, dtype=values.dtype)
        mine = torch.nonzero((rows >= first) & (rows < first + at_once))[:, 0]
        row, token, place = (one.to(logits.device) for one in (rows[mine] - first, tokens[mine], mine))
        values[place] = chances[row, token]
        hits[place] = chances.argmax(-1)[row] == token
    return values, hits


def summed(picked: _Picked, exact: bool) -> list[Likelihood]:
    """Return the likelihoods of a pass: sums in float32, rounded to the values' own type unless ``exact``."""
    import torch

    counts = [count for _, count in picked.scored]
    type_ = picked.values.dtype
    values, hits = picked.values.cpu(), picked.hits.cpu()
    made = []
    for (owner, count), some, likeliest in zip(picked.scored, values.split(counts), hits.split(counts), strict=True):
        total = float(some.to(torch.float32).sum() if exact else some.sum(dtype=type_))
        made.append(Likelihood(owner, total, count, bool(likeliest.all())))
    return made
