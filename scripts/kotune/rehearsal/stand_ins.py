"""Rows and rewards that stand in for those of a method in a rehearsal: what they cost is right, what they say is not.

Reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from kotune.core.names import REWARDED
from kotune.core.storage import Json
from kotune.prompts.encoding import Prompt, Rows
from kotune.prompts.pairs import Pairs
from kotune.prompts.pointed import Pointed
from kotune.scoring.given import Given
from kotune.training.method import HEAD, PAIRS, ROWS, asks
from kotune.training.practice import Practice


def alternating(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return rewards of 0 and 1 by turns: no group is equal, so that everything that is drawn is learned."""
    return [float(place % 2) for place in range(len(lines))]


def with_reward(recipe: Json) -> Json:
    """Return a recipe as a job is told it, with `alternating` where its method learns from rewards.

    Random weights end no answer, so that each is cut off: such are learned here.
    """
    if not asks(recipe, ROWS):
        return recipe
    function = f"{alternating.__module__}.{alternating.__name__}"
    trainer = {**recipe["trainer"], "mask_truncated_completions": False}
    told = {"name": "alternating", "function": function, "gold": "", "needs": [], "cleanup": {}}
    return {**recipe, "trainer": trainer, REWARDED: told}


def rows_for(recipe: Json, rows: Rows) -> Rows:
    """Return rows as a recipe's method takes them: pairs whose two sides are as long, or prompts."""
    if asks(recipe, PAIRS):
        worse = [ids[len(ids) - sum(mask) :][::-1] for ids, mask in zip(rows.ids, rows.mask, strict=True)]
        return Pairs(rows.ids, rows.mask, {}, None, rejected=worse)
    if asks(recipe, HEAD):
        whole = [[1] * len(ids) for ids in rows.ids]
        spans = [(len(ids) // 2, len(ids) // 2) for ids in rows.ids]
        return Pointed(rows.ids, whole, {}, None, spans=spans, windows=[[] for _ in rows.ids])
    if not asks(recipe, ROWS):
        return rows
    starts = [ids[: len(ids) - sum(mask)] for ids, mask in zip(rows.ids, rows.mask, strict=True)]
    prompts = [Prompt(place, "train", str(place), tuple(ids), False) for place, ids in enumerate(starts)]
    names = [prompt.id for prompt in prompts]
    masks = [[0] * len(ids) for ids in starts]
    return Practice(starts, masks, {}, None, names, prompts=prompts, rows=[{"id": name} for name in names])
