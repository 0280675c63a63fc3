"""Push a tuned model and its card to a repository of the Hugging Face Hub; --dry-run lists the files and sends nothing.

Reads the configuration, the adapter's folder (or an export's) and the card; the token is HF_TOKEN of the environment.
Nothing is pushed that a licence of the base or of the data forbids, as far as the catalogues know it.

Example, after `snakemake --cores 1 results/mini/econ-qa/cards/tiny-gemma2/qlora/seed42/README.md`:

  python tools/push_adapter.py --study econ-qa --arm qlora --model tiny-gemma2 --stand-in --dry-run
"""

from __future__ import annotations

import os
from pathlib import Path

import library  # noqa: F401
from kotune.core import arguments, console
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.export import card_metadata, pushing, terms
from kotune.hub import repository
from kotune.models import adapters
from kotune.plan.handing_on import Handed, Wanted
from kotune.study.exports import ADAPTER, FORMS


def _token() -> str:
    """Return the token of the environment; UserError where there is none, or the network is forbidden."""
    if repository.offline():
        raise UserError("HF_HUB_OFFLINE forbids the network: unset it to push")
    token = os.environ.get("HF_TOKEN", "").strip()
    if not token:
        raise UserError("HF_TOKEN is not set: make a token with write access and export HF_TOKEN=…")
    return token


def main(argv: list[str] | None = None) -> None:
    """Push what the command line names, or list it."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--study", default="econ-qa", help="a file in config/studies/ (default: econ-qa)")
    parser.add_argument("--arm", help="one of its tuned arms (default: the first)")
    parser.add_argument("--model", help="one of the arm's models (default: the first)")
    parser.add_argument("--scale", help="a file in config/scales/ (default: config.yaml's)")
    parser.add_argument("--seed", type=int, help="of the training (default: the arm's first)")
    parser.add_argument("--data", help="your own rows, as in --config data")
    parser.add_argument("--form", choices=FORMS, default=ADAPTER, help="as it was taken home (default: adapter)")
    parser.add_argument("--repo", help="where it goes: owner/name")
    parser.add_argument("--public", action="store_true", help="a repository that is made is open to all")
    parser.add_argument("--licence-text", type=Path, help="the licence's text, where a copy of it goes along")
    parser.add_argument("--licence-read", action="store_true", help="you read the base's licence, and it allows this")
    parser.add_argument("--leave", help="whose leave you have, where data may not be handed on")
    parser.add_argument("--stand-in", action="store_true", help="push a test model, too")
    parser.add_argument("--personal", action="store_true", help="push pages that hold what looks like personal data")
    parser.add_argument("--dry-run", action="store_true", help="list the files, send nothing")
    parser.add_argument("--where", action="store_true", help="print where the card lies, and do nothing else")
    args = parser.parse_args(argv)

    named = (args.study, args.arm, args.model, args.scale, args.seed, args.data, args.form)
    handed = Handed(Wanted(*named))
    if args.where:
        print(handed.card)
        return
    if args.repo:
        pushing.check_repository(args.repo)
    elif not args.dry_run:
        raise UserError("--repo: name where it goes, owner/name (make push: REPO=…), or list the files (DRY=1)")
    weights = handed.adapter / adapters.WEIGHTS
    card = pushing.card_at(Path(handed.card), weights, handed.card_command())
    name = args.repo.partition("/")[2] if args.repo else card_metadata.name_of(card)
    base, data = handed.base, handed.data
    pushing.check_allowed(base, data, name, terms.Leave(args.licence_read, args.leave), args.stand_in)
    licence = pushing.licence_text(args.licence_text, base, terms.licence_of(base, data), ROOT / "LICENSE")
    notice = (base["handed_on"] or {}).get("notice")
    text = terms.with_leave(card_metadata.renamed(card, name), args.leave)
    files = pushing.uploads(args.form, handed.folder, text, licence, notice)
    pushing.check_personal(files, args.personal)
    if args.dry_run:
        print(f"{handed.label} would go to {args.repo or f'owner/{name}'}; nothing is sent:")
        print("\n".join(pushing.listed(files)))
        return
    told = f"{handed.label}, {args.form}"
    console.say(f"pushed to {pushing.push(args.repo, files, _token(), not args.public, told)}")


if __name__ == "__main__":
    console.run(main)
