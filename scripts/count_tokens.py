"""Count a study's rows in tokens of each candidate's tokenizer, and say whose context window they fit.

Reads rows, tokenizer.json of each model and its rendered prompts; writes one JSON document.

Example, after `snakemake --cores 1 --config studies='[context-qa]'`:

  python scripts/count_tokens.py --models results/mini/settings/count_tokens/context-qa/models.json \\
    --settings results/mini/settings/count_tokens/context-qa/settings.json \\
    --rows results/mini/context-qa/rows/all/{train,valid,test}.parquet --output /tmp/census.json
"""

from pathlib import Path

from kotune.choice.census import take_census
from kotune.choice.token_counts import use_threads
from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--models", type=json_or_file, required=True, help='JSON: [{"name", "path", "context_window", "prompts"}]'
    )
    parser.add_argument("--rows", type=Path, nargs="+", required=True, help="one Parquet file per split")
    parser.add_argument(
        "--settings", type=json_or_file, required=True, help='JSON: {"share", "what_if", "reserve", "text_columns"}'
    )
    parser.add_argument("--output", type=Path, required=True, help="the census (JSON)")
    parser.add_argument("--cache", type=Path, help="folder in which counts are kept for the next run")
    parser.add_argument("--threads", type=int, default=1, help="processes that count")
    parser.add_argument("--label", default="token census", help="what the closing line calls it")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)
    use_threads(1)  # of each process that counts

    census = take_census(args.models, args.rows, args.settings, args.cache, args.threads)
    storage.write_json(args.output, census)
    out = [model["name"] for model in census["models"] if model["excluded"]]
    told = f"{len(out)} of {len(args.models)} models excluded" + (f" ({', '.join(out)})" if out else "")
    console.say(f"{args.label}: {census['total']:,} rows, {told}")


if __name__ == "__main__":
    console.run(main)
