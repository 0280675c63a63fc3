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
from kotune.core.catalogue import check, configuration_at, entry
from kotune.core.errors import UserError, nearest
from kotune.core.names import BASE, TRAIN
from kotune.core.storage import Json
from kotune.prompts import view
from kotune.prompts.families import family_from
from kotune.prompts.parts import parts_of
from kotune.prompts.rendering import render_split
from kotune.prompts.shots import COLUMN
from kotune.prompts.thinking import plain
from kotune.prompts.tokenizers import load_tokenizer
from kotune.rows import task
from kotune.rows.prepare import prepare
from kotune.study import resolve, wording
from kotune.study.study import Study


def configuration(scale: str | None, data: dict[str, str]) -> Json:
    """Return the configuration as the workflow merges it, with the scale and the rows that the user names."""
    config = configuration_at()
    config["data"] = {**config["data"], **data}
    config["scale"] = scale or config["scale"]
    check(config, "config", "configuration (config/)")
    return config


def model_of(study: Study, name: str) -> str:
    """Return the model under the name that it has at the study's scale; its name in the catalogue will do too."""
    shown = study.names.get(name, name)
    if shown not in study.models:
        known = {**study.names, **study.models}
        raise UserError(f"config/studies/{study.name}.yaml: no model '{name}' in it{nearest(name, known)}")
    return shown


def arm_of(study: Study, model: str, name: str | None) -> str:
    """Return the arm whose prompt is shown: the one named, else the first that tunes the model, else the base."""
    if name is not None:
        arm = entry(study.arms, name, "arm", f"config/studies/{study.name}.yaml")
        if model not in arm["models"]:
            raise UserError(f"config/studies/{study.name}.yaml: '{model}' is not in the arm '{name}'")
        return name
    having = [arm for arm, treatment in study.arms.items() if model in treatment["models"]]
    if not having:
        raise UserError(f"config/studies/{study.name}.yaml: no arm has the model '{model}'")
    return next((arm for arm in having if arm != BASE), having[0])


def rows_of(study: Study, rowset: str, split: str) -> tuple[list[Json], list[Json]]:
    """Return the rows of one split, prepared in memory as the workflow prepares them, and those of train."""
    if split not in study.splits:
        raise UserError(f"--split: '{study.name}' has no split '{split}'{nearest(split, study.splits)}")
    source = {**study.source, **study.settings["rowsets"][rowset]}
    if "files" in source:
        source["files"] = {name: str(study.root / path) for name, path in source["files"].items()}
    frames, _ = prepare(source)
    return frames[split].to_dicts(), frames[TRAIN].to_dicts() if TRAIN in frames else []


def row_of(rows: list[Json], wanted: str, split: str) -> tuple[int, Json]:
    """Return a row and its number, by its id or by its number, which begins with 1."""
    for number, row in enumerate(rows, start=1):
        if row["id"] == wanted:
            return number, row
    if wanted.isdecimal() and 1 <= int(wanted) <= len(rows):
        return int(wanted), rows[int(wanted) - 1]
    hint = "" if wanted.lstrip("-").isdecimal() else nearest(wanted, [row["id"] for row in rows][:20_000])
    hint = hint if "did you mean" in hint else ""
    raise UserError(f"--row: {split} has no row '{wanted}'; name an id or a number from 1 to {len(rows):,}{hint}")


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
    (rendered,), counts = render_split([row], split, order, family, tokenizer, room, pool=pool)
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
    if COLUMN in rendered:
        yield f"examples    {', '.join(rendered[COLUMN])} (rows of train)"
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
