"""Print what a judged board can tell: each model's score and rank with intervals, and who cannot be told from the best.

Reads a folder of result files in LogicKor's layout ({model}/{setting}.jsonl), your own judged answers among them, or a
table of numbers (.tsv, .csv); with ``--keep`` writes the summary, which holds no text of anybody, to config/boards,
from which tools/fill_measured.py fills docs/leaderboards.md.

  python tools/board.py evaluated/ --setting default
"""

from __future__ import annotations

import argparse
from pathlib import Path

import library  # noqa: F401
from kotune.choice.board import summary
from kotune.choice.board_files import read_board
from kotune.core import console
from kotune.core.catalogue import check
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import replacing, sha256_of, to_json
from kotune.report import boards
from kotune.report.kept import packed

ABOUT = ("title", "repository", "commit")


def main(argv: list[str] | None = None) -> None:
    """Read, print and, where asked, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="folder of result files, or a table of numbers")
    parser.add_argument("--setting", help="which setting is ranked; if not said, 'default'")
    parser.add_argument("--keep", metavar="NAME", help="keep the summary of a table of numbers under this name")
    for key in (*ABOUT, "licence"):
        parser.add_argument(f"--{key}", help=f"of a board that is kept: its {key}")
    args = parser.parse_args(argv)
    found = summary(read_board(args.path), args.setting)
    print(boards.on_terminal(found))
    if args.keep:
        missing = [f"--{key}" for key in ABOUT if not getattr(args, key)]
        if missing or not args.path.is_file():
            raise UserError(f"--keep: needs a table of numbers, and {', '.join(f'--{key}' for key in ABOUT)}")
        about = {key: getattr(args, key) for key in (*ABOUT, "licence")}
        document = {**about, "sha256": sha256_of(args.path), "found": found}
        path = ROOT / boards.FOLDER / f"{args.keep}{boards.ENDING}"
        check(document, "board", str(path))
        with replacing(path) as beside:
            beside.write_bytes(packed(to_json(document)))
        console.say(f"kept {path.relative_to(ROOT)}")


if __name__ == "__main__":
    console.run(main)
