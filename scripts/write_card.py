"""Write the model card of an adapter, or of one form in which it was taken home, from the records alone.

Reads the adapter's folder and its base's, the audit of the rows, prompts.json, the statistics of the study and of its
evaluations, and where they are there mixture.json, the audit of leaks and an export's record; writes one README.md.

Example, after `snakemake --cores 1 results/mini/econ-qa/cards/tiny-gemma2/qlora/seed42/README.md`:

  python scripts/write_card.py \\
    --settings results/mini/settings/write_card/econ-qa_tiny-gemma2_qlora_seed42/card/settings.json \\
    --adapter results/mini/econ-qa/adapters/tiny-gemma2/qlora/seed42 --audit results/mini/econ-qa/rows/all/audit.json \\
    --prompts results/mini/econ-qa/prompts/tiny-gemma2/all/econ-qa.clean/prompts.json \\
    --statistics results/mini/econ-qa/statistics.json --output /tmp/README.md
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console, storage
from kotune.core.arguments import json_or_file
from kotune.core.errors import UserError
from kotune.export import card_facts, card_metadata, card_prompt, model_card
from kotune.models import adapters
from kotune.training import companions


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, read the records, write the card."""
    parser = arguments.parser(__doc__)
    parser.add_argument(
        "--settings", type=json_or_file, required=True, help="JSON: what plan.model_cards says of the arm"
    )
    parser.add_argument("--adapter", type=Path, required=True, help="the folder of the adapter")
    parser.add_argument("--audit", type=Path, required=True, help="audit.json of the rows that were learned")
    parser.add_argument("--prompts", type=Path, required=True, help="prompts.json of what was learned")
    parser.add_argument("--statistics", type=Path, required=True, help="statistics.json of the study")
    parser.add_argument("--evaluations", type=Path, nargs="*", default=[], help="{evaluation}.json each")
    parser.add_argument("--harness", type=Path, nargs="*", default=[], help="harness/{evaluation}/statistics.json each")
    parser.add_argument("--mixture", type=Path, help="mixture.json, where the rows are a mixture")
    parser.add_argument("--leaks", type=Path, help="leaks.json")
    parser.add_argument("--exported", type=Path, help="the record of the form that the card is of: {form}.json")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--log", type=Path)
    args = parser.parse_args(argv)
    console.to_log(args.log)

    record = storage.read_json(args.adapter / "record.json")
    model = storage.needed(storage.needed(record, "asked", args.adapter / "record.json"), "model", args.adapter)
    told = storage.needed(storage.needed(args.settings, "models", "--settings"), model["name"], "--settings")
    exported = storage.needed(storage.read_json(args.exported), "found", args.exported) if args.exported else None
    facts = card_facts.Facts(
        settings=args.settings,
        told=told,
        record=record,
        adapter=storage.read_json(args.adapter / adapters.CONFIG),
        weights=storage.sha256_of(args.adapter / adapters.WEIGHTS),
        audit=storage.read_json(args.audit),
        prompts=storage.read_json(args.prompts),
        template=card_prompt.template(told, args.settings["columns"], args.settings["empty"]),
        loading=companions.loading_lines(model, record["asked"]["recipe"]["quantization"]),
        statistics=storage.read_json(args.statistics),
        evaluations={path.stem: storage.read_json(path) for path in args.evaluations},
        harness={path.parent.name: storage.read_json(path) for path in args.harness},
        mixture=storage.read_json(args.mixture) if args.mixture else None,
        leaks=storage.read_json(args.leaks) if args.leaks else None,
        exported=exported,
    )
    text = model_card.card(facts)
    wrong = card_metadata.faults(text)
    if wrong:
        raise UserError(f"{args.output}: the card is not whole: {'; '.join(wrong)}")
    storage.write_text(args.output, text)
    console.say(f"wrote {args.output}: {facts.name}")


if __name__ == "__main__":
    console.run(main)
