"""Practice: rows that a training answers over and over, with what their answers are judged by, and in which order.

Reads prompts and the rows that they were rendered from (Parquet); writes nothing.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.names import UNIT
from kotune.core.storage import Json, read_parquet
from kotune.curation.sampled import HELD as EVALUATED
from kotune.prompts.encoding import Prompt, Rows, read_prompts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# among a training's files: the rows that the prompts were rendered from; and, by their split, rows that are evaluated
ROWS, HELD = "rows", "held/"


@dataclass
class Practice(Rows):
    """Prompts without completions, each with its row; ``ids`` are the prompts', and no token of them has a loss."""

    prompts: list[Prompt] = field(default_factory=list)
    rows: list[Json] = field(default_factory=list)


def read(files: dict[str, Path], tokenizer: PreTrainedTokenizerBase, needs: list[str]) -> Practice:
    """Return the prompts that are not excluded, with their rows; ``files``: `train` and `rows`, and those `held/`.

    ``needs``: the columns that the reward looks at. Rows of a unit that is evaluated are left out and counted. Raises
    UserError for a row that lacks a column, and for a prompt without a row.
    """
    path, beside = files["train"], files[ROWS]
    reasons = Counter(reason for reason in read_parquet(path)["excluded"].to_list() if reason is not None)
    prompts = [prompt for prompt in read_prompts([path], tokenizer, None) if not prompt.excluded]
    by_name = {row["id"]: row for row in read_parquet(beside).to_dicts()}
    for prompt in prompts:
        if prompt.id not in by_name:
            raise UserError(f"{beside}: has no row '{prompt.id}', which {path} asks; remove both and run again")
    held = {unit for name, one in files.items() if name.startswith(HELD) for unit in read_parquet(one)[UNIT].to_list()}
    apart = [prompt for prompt in prompts if by_name[prompt.id].get(UNIT) not in held]
    if len(apart) < len(prompts):
        reasons[EVALUATED] = len(prompts) - len(apart)
    if not apart:
        raise UserError(f"{path}: no row is left to train on; all {sum(reasons.values())} are excluded")
    prompts, rows = apart, [by_name[prompt.id] for prompt in apart]
    for column in needs:
        bare = [row["id"] for row in rows if not str(row.get(column) or "").strip()]
        if bare:
            raise UserError(
                f"{beside}: {len(bare)} of {len(rows)} rows have no '{column}', which the reward looks at, the first "
                f"of them '{bare[0]}'; train on rows that have it (the arm's `practice`, or its rowset)"
            )
    ids = [list(prompt.tokens) for prompt in prompts]
    return Practice(
        ids=ids,
        mask=[[0] * len(one) for one in ids],
        excluded=dict(sorted(reasons.items())),
        ends_with=None,
        names=[prompt.id for prompt in prompts],
        prompts=prompts,
        rows=rows,
    )


@dataclass(frozen=True)
class Turns:
    """In which order rows come: ``rows`` of them, ``each`` of a step, each ``times`` in a row; another one each epoch.

    An epoch has whole steps alone: of 10 rows, 4 a step, it has 8.
    """

    rows: int
    each: int
    times: int
    seed: int

    def __len__(self) -> int:
        """Return how many places an epoch has."""
        return self.rows // self.each * self.each * self.times

    def order(self, epoch: int) -> list[int]:
        """Return the places of an epoch's rows, each as often as it is answered."""
        places = list(range(self.rows))
        random.Random(f"{self.seed}/{epoch}").shuffle(places)
        return [place for place in places[: self.rows // self.each * self.each] for _ in range(self.times)]
