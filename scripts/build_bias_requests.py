"""Build the requests of questions on social groups: each item's context and choices, in all orders of these.

Reads a file of items in KoBBQ's layout; writes ``--output``, a line a request, by listing, item and order.

Example, with the bundled items:

  python scripts/build_bias_requests.py --output /tmp/requests.jsonl --settings '{
    "items": "resources/mini/kobbq/test.tsv.xz", "columns": {"id": "sample_id"}, "listings": ["letters", "unlisted"]}'
"""

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.harness import bias_items
from kotune.harness.bias_requests import requests_of


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--settings", type=json_or_file, required=True,
        help='JSON: {"items": file, "columns": {ours: the file\'s}, "listings": letters | texts | unlisted, '
        '"limit": items at the least, whole templates; absent for all}',
    )  # fmt: skip
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--label", default="requests", help="what the closing line calls them")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    settings = args.settings
    items = bias_items.drawn(bias_items.read_items(settings["items"], settings["columns"]), settings.get("limit"))
    lines = list(requests_of(items, settings["listings"]))
    storage.write_jsonl(args.output, lines)
    templates = len({one.template for one in items})
    console.say(f"{args.label}: {len(items):,} items of {templates:,} templates, {len(lines):,} requests")


if __name__ == "__main__":
    console.run(main)
