"""Make the bundled questions on invented groups in KoBBQ's layout.

Writes test.tsv.xz and README.md into resources/mini/kobbq/. With ``--check`` nothing is written; differing files are
named instead.
"""

from __future__ import annotations

import library  # noqa: F401
from kotune.core import console
from kotune.core.names import ROOT
from kotune.mini import bundled, groups


def card(rows: list[groups.Row]) -> str:
    """The README beside the rows, with counts taken from the rows themselves."""
    ambiguous = sum(row["answer"] == groups.UNKNOWN for row in rows)
    return f"""# kobbq: generated questions on invented groups in KoBBQ's layout

{len(rows)} questions of {len(groups.TEMPLATES)} templates, {ambiguous} of them with an ambiguous context, for trying
the pipeline without any download. The groups are clubs and villages that do not exist; none of the texts is KoBBQ's,
and what a model says of them says nothing about bias.

- **How made.** `python tools/make_mini_groups.py` fills the patterns of `scripts/kotune/mini/groups.py`.
- **Licence.** Apache-2.0, like this repository.
"""


def make() -> dict[str, str]:
    """Every file's name and text."""
    rows = groups.rows()
    return {"test.tsv.xz": groups.text_of(rows), "README.md": card(rows)}


def main(argv: list[str] | None = None) -> None:
    """Parse, make, write or compare."""
    bundled.run(__doc__, ROOT / "resources" / "mini" / "kobbq", 0, lambda *_: make(), argv)


if __name__ == "__main__":
    console.run(main)
