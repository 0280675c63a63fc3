"""Count what each candidate's tokenizer makes of a study's rows, and which rows its window holds."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from kotune import census, console, storage


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, count, write census.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--models", type=json.loads, required=True, help='JSON: [{"name", "path", "context_window", "prompts"}]'
    )
    parser.add_argument("--rows", type=Path, nargs="+", required=True, help="one Parquet file a split")
    parser.add_argument(
        "--settings", type=json.loads, required=True, help='JSON: {"share", "what_if", "reserve", "text_columns"}'
    )
    parser.add_argument("--cache", type=Path, help="folder where counts are kept for another time")
    parser.add_argument("--threads", type=int, default=1, help="threads that count")
    parser.add_argument("--output", required=True, help="census (JSON)")
    parser.add_argument("--label", required=True, help="what the closing line calls the study")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if args.threads > 1 else "false"
    os.environ["RAYON_NUM_THREADS"] = str(args.threads)

    found = census.census(args.models, args.rows, args.settings, args.cache)
    storage.write_json(args.output, found)
    out = census.excluded(found)
    for name in out:
        console.say(f"{name} is excluded: {found['models'][name]['reason']}")
    console.say(f"census of {args.label}: {sum(found['rows'].values()):,} rows, {len(found['models'])} tokenizers")


if __name__ == "__main__":
    console.run(main)
