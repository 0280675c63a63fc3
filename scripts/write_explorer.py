"""Write the answers explorer: one page on which each row of the studies is seen with all answers to it, side by side.

Reads rows, answers and scores, of benchmarks requests and their sums; writes one HTML file that needs no network.

Example, after `snakemake --cores 1`:

  python scripts/write_explorer.py --settings results/mini/settings/write_explorer/settings.json \\
    --output /tmp/explorer.html
"""

from __future__ import annotations

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.report.explorer import contents, page


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, gather what was answered, write the page."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"scale", "notice", "notice_ko", "studies": [{"study", "title", "title_ko", "sets": [{"name", '
        '"title", "datasets", "rows", "columns", "listed", "gold", "labels", "metrics", "primary_metric", "right", '
        '"overlong", "by", "runs": [{"model", "arm", "seed", "base", "tuned", "answers", "scores"}]}]}]}; of a '
        'benchmark a set has "how": [protocol, shots, template], "requests": {model: file}, and each run "sums"',
    )
    parser.add_argument("--output", required=True, help="the page (HTML)")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    index, documents = contents.of_studies(args.settings)
    text = page.page_of(index, documents)
    storage.write_text(args.output, text)
    answers = sum(len(document["runs"]) * len(document["rows"]["id"]) for document in documents)
    console.say(f"wrote {args.output}: {answers:,} answers, {len(text.encode('utf-8')) / 1e6:.1f} MB")
    if any(one["keep_local"] for one in index["notes"]):
        console.say(f"warning: {args.output} holds rows that may not be redistributed; do not publish it")


if __name__ == "__main__":
    console.run(main)
