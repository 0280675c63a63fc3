"""Rejected answers: what a row's worse answer is as a completion, beside that of its better one.

Takes rows with the column `rejected` and what was rendered of them; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kotune.core.storage import Json
from kotune.prompts.rendering import counted
from kotune.prompts.tokenizers import summarised
from kotune.rows.pairs import REJECTED, REJECTED_TOKENS


def with_rejected(
    rendered: Sequence[Json],
    counts: Json,
    learned: bool,
    rows: Sequence[Mapping[str, str | None]],
    gold: str,
    render: Callable[[Sequence[Json]], tuple[list[Json], Json]],
) -> tuple[list[Json], Json]:
    """Return rendered rows with `rejected` and `rejected_tokens`, and their counts.

    ``render`` renders rows as ``rendered`` was made: the worse answer is rendered in the better one's place, behind the
    same prompt. Where rows are ``learned``, one whose worse answer cannot be used is excluded, as is one whose better
    answer cannot be.
    """
    worse, _ = render([{**row, gold: row[REJECTED] or None} for row in rows])
    made = []
    for one, other in zip(rendered, worse, strict=True):
        reason = other["excluded"] if learned else None
        excluded = one["excluded"] or (reason and f"rejected answer {reason}")
        sides = {REJECTED: other["completion"], REJECTED_TOKENS: other["completion_tokens"]}
        made.append({**one, **sides, "excluded": excluded})
    lengths = [row[REJECTED_TOKENS] for row in made if row["excluded"] is None and row[REJECTED]]
    more = {REJECTED_TOKENS: summarised(lengths)}
    told = {key: counts[key] for key in ("beyond_limit",) if key in counts}
    return made, {**counted(made, counts["neutralised"]), **told, **more}
