"""Show one row as a model of a study will see it: the text, the token ids, where the loss is, what ends an answer.

Reads the configuration, the rows and the model's tokenizer.json; needs nothing that snakemake makes. Prints to the
terminal: control tokens and what is learned are coloured, or in brackets where the output goes to a file.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.names import TRAIN
from kotune.core.storage import Json
from kotune.curation.called import rows_of
from kotune.prompts import view
from kotune.prompts.additions import columns_of
from kotune.prompts.families import family_from
from kotune.prompts.parts import parts_of
from kotune.prompts.passages import embeds
from kotune.prompts.rendering import render_split
from kotune.prompts.shots import CALLED
from kotune.prompts.thinking import plain
from kotune.prompts.tokenizers import load_tokenizer
from kotune.rows import task
from kotune.scoring.embedders import open_embedder
from kotune.study import resolve, wording
from kotune.study.called import arm_of, configuration, model_of, row_of
from kotune.study.study import Study


def shown(
    study: Study,
    model: str,
    prompt: str,
    split: str,
    number: int,
    rows: list[Json],
    paint: view.Paint,
    whole: bool = False,
    pool: Sequence[Json] = (),
) -> Iterator[str]:
    """Yield the lines that show one row; ``whole``: it is learned with its prompt; ``pool``: rows for its examples."""
    settings, row = study.models[model], rows[number - 1]
    family = family_from(settings["family"], wording.family_asked(settings["family"], prompt, study.root))
    tokenizer = load_tokenizer(study.root / settings["path"], family)
    name, _, variant = plain(prompt).partition(".")
    content = wording.prompt_content(prompt, study.root)
    room = settings["context_window"] - wording.new_tokens(study) - wording.thought_tokens(study, prompt)
    learned_columns = task.learned_columns(study.task)
    order = {"name": name, "variant": variant, "content": content, "learned": learned_columns}
    embed = open_embedder(study.embedder).embed if embeds(content) else None
    (rendered,), counts = render_split([row], split, order, family, tokenizer, room, pool=pool, embed=embed)
    learned = rendered["completion"] if split == TRAIN else ""
    whole = whole and split == TRAIN
    tokens = view.tokens_of(tokenizer, family, rendered["prompt"], learned, whole)
    said = content["families"][family.name]
    stops = said.get("stops", family.stops)
    real = next((real for real, here in study.names.items() if here == model), model)

    yield f"study       {study.name}, scale {study.scale}"
    yield f"model       {model}" + (f", stand-in for {real}" if real != model else f", {settings['hub_id']}")
    yield f"prompt      {prompt}, {'training' if split == TRAIN else 'inference'}, family {family.name}"
    yield f"row         {number:,} of {len(rows):,} in {split}: {row['id']}"
    for column in columns_of(content):
        yield f"{CALLED[column]:<12}{', '.join(rendered[column])} (rows of train)"
    yield f"marks       {paint.legend()}"
    yield ""
    yield from view.marked_text(tokenizer, family, rendered["prompt"], learned, paint, whole)
    yield ""
    yield from view.marked_tokens(tokens, paint, shutil.get_terminal_size((120, 24)).columns)
    yield ""
    yield from view.counted(rendered, tokens, room, split == TRAIN)
    if counts["neutralised"]:
        yield "neutralised control tokens in the row's own text, by an invisible joiner (U+2060)"
    gold, reasoning = learned_columns["gold"], learned_columns["reasoning"]
    if split != TRAIN and row.get(reasoning):
        yield f"gold reasoning {row[reasoning]}"
    if split != TRAIN:
        yield f"gold answer {'none' if row[gold] is None else row[gold]} (the model does not see it)"
    yield "ends at     " + ", ".join(f"{stop} ({tokenizer.token_to_id(stop)})" for stop in stops)
    parts = parts_of(order, family, reasoning=reasoning in row)
    if parts:
        named = (f"{name} behind {label!r}" for name, label in zip(parts["names"], parts["labels"], strict=True))
        how = f", a turn of its own behind {parts['between']!r}" if parts["between"] else ""
        yield "parts       " + ", ".join(named) + how
    if said.get("cut_at"):
        yield "cut at      " + ", ".join(repr(mark) for mark in said["cut_at"])


def main(argv: list[str] | None = None) -> None:
    """Show what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", required=True, help="a file in config/studies/")
    parser.add_argument(
        "--model", required=True, help="one of its models, by the name in the catalogue or at the scale"
    )
    parser.add_argument("--row", default="1", help="its id, or its number in the split (default: the first)")
    parser.add_argument("--split", default=TRAIN, help="train shows the text of training, others that of inference")
    parser.add_argument("--scale", help="a file in config/scales/ (default: config.yaml's)")
    parser.add_argument("--arm", help="whose prompt and rows (default: the first that tunes the model)")
    parser.add_argument("--prompt", help="another prompt, as name.variant, such as econ-qa.as_published")
    parser.add_argument("--data", help="your own rows, as in --config data")
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    config = configuration(args.scale, {args.study: args.data} if args.data else {})
    study = resolve.study_at(args.study, config)
    model = model_of(study, args.model)
    arm = study.arms[arm_of(study, model, args.arm)]
    rows, pool = rows_of(study, arm["rowset"], args.split)
    number, _ = row_of(rows, args.row, args.split)
    paint = view.Paint(coloured=sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
    whole = arm["recipe"].get("loss") == "all"
    for line in shown(study, model, args.prompt or arm["prompt"], args.split, number, rows, paint, whole, pool):
        print(line)
    sys.stdout.flush()
    console.say(f"shown: row {number:,} of {args.split} as {model} sees it")


if __name__ == "__main__":
    console.run(main)
