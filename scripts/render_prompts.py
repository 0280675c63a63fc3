"""Make the prompts of one model: each row as the text that the model reads and the text that it should write.

Reads the rows of each split and the model's tokenizer.json; writes {split}.parquet and prompts.json (--output-dir).

Example, after `snakemake --cores 1`:

  python scripts/render_prompts.py \\
    --settings results/mini/settings/render_prompts/econ-qa_tiny-eeve_all_econ-qa.clean/settings.json \\
    --rows results/mini/econ-qa/rows/all/{train,test}.parquet --output-dir /tmp/prompts
"""

from functools import partial
from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.errors import UserError
from kotune.core.names import SPANS, TRAIN
from kotune.prompts import additions, passages, pointed, segments, windows
from kotune.prompts.dialogues import HISTORY
from kotune.prompts.families import family_from
from kotune.prompts.limits import Limits, told
from kotune.prompts.parts import learned_of
from kotune.prompts.rejected import with_rejected
from kotune.prompts.rendering import render_split
from kotune.prompts.tokenizers import load_tokenizer
from kotune.rows.pairs import REJECTED, REJECTED_TOKENS


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--settings",
        type=json_or_file,
        required=True,
        help='JSON: {"model": its settings, "prompt": {"name", "variant", "content"}, "family": its data, '
        '"max_tokens": the context window less the room for new tokens, "limits": {"answer", "reasoning"}: new tokens, '
        '"embedder": its settings, where passages are found by embeddings}',
    )
    parser.add_argument("--rows", type=Path, nargs="+", required=True, help="one Parquet file per split")
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--label", default="prompts", help="what the closing line calls these prompts")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    import polars as pl

    columns = {"id": pl.String, "prompt": pl.String, "completion": pl.String}
    columns |= {"prompt_tokens": pl.Int64, "completion_tokens": pl.Int64, "excluded": pl.String}
    model, prompt, chosen = args.settings["model"], args.settings["prompt"], args.settings["family"]
    family = family_from(model["family"], chosen)
    tokenizer = load_tokenizer(model["path"], family)
    limits = Limits.of(args.settings["limits"]) if "limits" in args.settings else None
    rows_of = {path: storage.read_parquet(path).to_dicts() for path in args.rows}
    pool = [row for path, rows in rows_of.items() if path.stem == TRAIN for row in rows]
    added = {key: prompt["content"][key] for key in additions.KEYS if key in prompt["content"]}
    of_segments = [segments.COLUMN] if segments.KEY in added else []
    columns |= dict.fromkeys([*additions.columns_of(prompt["content"]), *of_segments], pl.List(pl.String))
    if additions.POINTS in added:
        columns |= {pointed.COLUMN: pl.List(pl.Int64), pointed.GOLD: pl.String}
        columns |= {windows.KEY: pl.List(pl.List(pl.Int64))}
    embed = None
    if passages.embeds(added):
        from kotune.scoring.embedders import open_embedder

        embed = open_embedder(args.settings["embedder"]).embed
    splits, examples = {}, []
    for path, rows in rows_of.items():
        output = args.output_dir / f"{path.stem}.parquet"
        if not rows:  # the data set lacks this split
            storage.write_parquet(output, pl.DataFrame(schema=columns))
            continue
        render = partial(
            render_split, split=path.stem, prompt=prompt, family=family, tokenizer=tokenizer,
            room=args.settings["max_tokens"], limits=limits, pool=pool, embed=embed,
        )  # fmt: skip
        rendered, counts = render(rows)
        paired = {}
        if REJECTED in rows[0]:
            rendered, counts = with_rejected(
                rendered, counts, path.stem == TRAIN, rows, learned_of(prompt).gold, render
            )
            paired = {REJECTED: pl.String, REJECTED_TOKENS: pl.Int64}
        spans = {SPANS: pl.List(pl.List(pl.Int64))} if HISTORY in rows[0] and path.stem == TRAIN else {}
        kept = [row for row in rendered if row["excluded"] is None]
        if not kept:
            why = f"; the first: {rendered[0]['excluded']}"
            raise UserError(f"{path}: no row of {path.stem} can be used by {model['name']}{why}")
        examples.append({"prompt": kept[0]["prompt"], "completion": kept[0]["completion"]})
        splits[path.stem] = counts
        storage.write_parquet(output, pl.DataFrame(rendered, schema=columns | paired | spans))
    entry = prompt["content"]["families"][family.name]
    said = {"entry": entry, **added} if added else entry
    storage.write_json(
        args.output_dir / "prompts.json",
        {
            "family": family.name,
            "variant": f"{prompt['name']}.{prompt['variant']}",
            "prompt_sha256": storage.sha256_of_text(storage.to_json(said)),
            "family_sha256": storage.sha256_of_text(storage.to_json(chosen)),
            "tokenizer_sha256": storage.sha256_of(Path(model["path"]) / "tokenizer.json"),
            "stops": entry.get("stops", list(family.stops)),
            "splits": splits,
            "example": examples[0],
        },
    )
    count = sum(split["rows"] - split["excluded"] for split in splits.values())
    excluded = sum(split["excluded"] for split in splits.values())
    longest = max(split["prompt_tokens"]["max"] for split in splits.values())
    console.say(f"prompts of {args.label}: {count:,} rows, {excluded:,} excluded; longest prompt {longest:,} tokens")
    warning = told(splits, limits, args.label) if limits else None
    if warning:
        console.say(warning)


if __name__ == "__main__":
    console.run(main)
