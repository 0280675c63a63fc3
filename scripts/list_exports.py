"""List the forms in which a tuned model was taken home, and say which one to take.

Reads the record of each form; writes one page. A form that loses more than its noise is marked, and never offered.

Example, after `snakemake --cores 1 results/mini/econ-qa/exports/tiny-gemma2/qlora/seed42/README.md`:

  python scripts/list_exports.py \\
    --records results/mini/econ-qa/exports/tiny-gemma2/qlora/seed42/{merged,adapter}.json --output /tmp/README.md
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.export import usage


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, read the records, write the page."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--records", type=Path, nargs="+", required=True, help="one a form, in the order of preference")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)
    reports = [storage.needed(storage.read_json(path), "found", path) for path in args.records]
    offered, page = usage.listed({report["form"]: report for report in reports})
    storage.write_text(args.output, page)
    console.say(f"wrote {args.output}: {f'take {offered}' if offered else 'every form loses, take none'}")


if __name__ == "__main__":
    console.run(main)
