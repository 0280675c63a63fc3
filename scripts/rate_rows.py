"""Rate the train rows of a rowset, once for all rowsets that choose among them.

Reads rows, labels (a column, or a file) and the embedder's cache of vectors; writes ``--ratings`` (Parquet: a row's
rating, features, near-duplicate) and ``--document`` (how far ratings may be believed, counts).

Example, after `snakemake --cores 1` for a study with the key `quality`:

  python scripts/rate_rows.py --rows results/mini/data-quality/rows/raw/train.parquet \\
    --settings results/mini/settings/rate_rows/data-quality/settings.json \\
    --ratings /tmp/ratings.parquet --document /tmp/ratings.json
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.curation.labels import labels_of
from kotune.curation.rating import rated, text_of
from kotune.curation.vectors import vectors_of


def main(argv: list[str] | None = None) -> None:
    """Run the rule."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--rows", required=True, help="train rows (Parquet)")
    parser.add_argument(
        "--settings", type=json_or_file, required=True,
        help='JSON: the study\'s "quality" with its defaults, "columns", "programs", "embedder", "cache"',
    )  # fmt: skip
    parser.add_argument("--ratings", type=Path, required=True)
    parser.add_argument("--document", type=Path, required=True)
    parser.add_argument("--label", default="rows", help="what the closing line calls them")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    import polars as pl

    rows, asked = storage.read_parquet(args.rows).to_dicts(), args.settings
    labels = labels_of(rows, asked["labels"])
    texts = [text_of(row, asked["columns"]) for row in rows]
    second = labels_of(rows, asked["second_labels"], "second_labels") if "second_labels" in asked else {}
    vectors, embedder = vectors_of(texts, asked["embedder"], asked["cache"])
    lines, document = rated(rows, asked["columns"], labels, vectors, asked, second)
    types = {"label": pl.Float64, "complexity": pl.Int64, "twin": pl.String, "truth": pl.String}
    storage.write_parquet(args.ratings, pl.DataFrame(lines, schema_overrides=types, infer_schema_length=None))
    storage.write_json(args.document, {**document, "embedder": embedder})
    found = document["validation"]
    console.say(
        f"ratings of {args.label}: {document['rows']:,} rows, {document['learned']:,} labels learned; binary F1 at "
        f"{document['threshold']} {found['binary_f1']['value']:.3f}, macro-F1 {found['macro_f1']['value']:.3f} on "
        f"{found['rows']:,} held out"
    )


if __name__ == "__main__":
    console.run(main)
