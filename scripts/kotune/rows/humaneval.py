"""HumanEval's layout: a prompt with its function's head, a solution, tests; its columns become those of the task code.

Takes a table; reads and writes nothing. Of some such files (KR-HumanEval among them) no prompt ends its line, and
prompt and solution put together are no Python: such a prompt gets the end of its line. The layout knows no category: a
row's is the set that its id names before the stroke (KR_HumanEval/0).
"""

from __future__ import annotations

from dataclasses import replace

from kotune.rows.table import Table

PROMPT, SOLUTION = "prompt", "canonical_solution"
CATEGORY = "category"
NAMES = {"id": "task_id", "instruction": PROMPT, "output": SOLUTION, "entry_point": "entry_point", "tests": "test"}


def laid_out(table: Table) -> Table:
    """Return a table that knows what its layout calls the task's columns; one in another layout as it is."""
    import polars as pl

    if not {*NAMES.values()} <= {*table.frame.columns}:
        return table
    if CATEGORY not in table.frame.columns:
        named = pl.col(NAMES["id"]).str.split("/").list.first().alias(CATEGORY)
        table = replace(table, frame=table.frame.with_columns(named))
    open_ended = ~pl.col(PROMPT).str.ends_with("\n").fill_null(True)
    count = table.frame.filter(open_ended).height
    if not count:
        return replace(table, names={**table.names, **NAMES})
    ended = pl.when(open_ended).then(pl.col(PROMPT) + "\n").otherwise(pl.col(PROMPT)).alias(PROMPT)
    note = f"prompts of {table.path} that do not end their line: {count}; each got its end"
    return replace(
        table, frame=table.frame.with_columns(ended), names={**table.names, **NAMES}, notes=(*table.notes, note)
    )
