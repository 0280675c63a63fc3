"""Pushing: a tuned model and its card go to a repository of the hub, if everything that is known allows it.

Reads the folder of an adapter or of an export, and its card; writes to the hub, and nothing on this machine. Only the
files go that loading needs: of an adapter no checkpoint, no record and no log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kotune.core.errors import UserError
from kotune.core.storage import Json, read_text, sha256_of
from kotune.export import card_metadata, terms
from kotune.hub.repository import size_text
from kotune.models import adapters
from kotune.rows import personal_data
from kotune.study.exports import ADAPTER
from kotune.training import companions

CARD, LICENCE, NOTICE, USAGE = "README.md", "LICENSE", "NOTICE", "USAGE.md"
PAGES, MODELFILE = (".md", ".txt", ".jinja"), "Modelfile"  # texts that go
VOCABULARIES = ("merges.txt", "vocab.txt")
SHARED = "Apache License"  # how the text of Apache-2.0 begins, which is this repository's own, too


@dataclass(frozen=True)
class Upload:
    """One file of a repository: its name there, and the file or the text that it is."""

    name: str
    content: Path | str

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return len(self.content.encode()) if isinstance(self.content, str) else self.content.stat().st_size


def card_at(path: Path, weights: Path, made_by: str) -> str:
    """Return a card that is there, whole and of these weights; UserError says what is wrong, and how it is made."""
    if not path.is_file():
        raise UserError(f"{path}: there is no card yet; this writes it: {made_by}")
    text = read_text(path)
    wrong = card_metadata.faults(text)
    if wrong:
        raise UserError(f"{path}: the card is not whole: {'; '.join(wrong)}; mend it, or write it again: {made_by}")
    if f"sha256:{sha256_of(weights)}" not in text:
        raise UserError(f"{path}: the card is of another adapter than {weights}; write it again: {made_by}")
    return text


def licence_text(given: Path | None, base: Json, licence: tuple[str, str | None], own: Path) -> str | None:
    """Return the licence that goes with a model: the text that the user names, for Apache-2.0 this repository's.

    ``own``: this repository's licence. None where no text needs to go along; UserError where one does and is not there.
    """
    if given is not None:
        return read_text(given)
    if not (base["handed_on"] or {}).get("copy") and licence[1] is None:
        return None
    if licence[0] == "apache-2.0" and SHARED in read_text(own)[:200]:
        return read_text(own)
    named = licence[1] or licence[0]
    raise UserError(
        f"a copy of the licence ({named}) goes with this model: name its text with --licence-text FILE (make push: "
        "LICENCE=FILE)"
    )


def check_allowed(base: Json, data: list[Json], name: str, leave: terms.Leave, stand_in: bool) -> None:
    """Raise UserError, with every reason, where a model may not be handed on. ``stand_in``: test models may be."""
    reasons = terms.refusals(base, data, name, leave)
    if base["stands_for"] and not stand_in:
        reasons.insert(
            0, "its base is a tiny stand-in: a test model is of no use to others (--stand-in pushes it anyway)"
        )
    if reasons:
        raise UserError(f"not pushed: {'; '.join(reasons)}")


def uploads(form: str, folder: Path, card: str, licence: str | None, notice: str | None) -> list[Upload]:
    """Return the files that go, by name: those that loading needs, the card, the licence, the notice that it asks."""
    if form == ADAPTER:
        paths = [folder / adapters.WEIGHTS, folder / adapters.CONFIG, folder / companions.GENERATION]
        paths += companions.tokenizer_files(folder)
        found = {path.relative_to(folder).as_posix(): path for path in paths if path.is_file()}
    else:
        found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
        if CARD in found:
            found[USAGE] = found.pop(CARD)
    texts = {CARD: card, LICENCE: licence, NOTICE: notice and f"{notice}\n"}
    everything = {**found, **{name: text for name, text in texts.items() if text}}
    return [Upload(name, content) for name, content in sorted(everything.items())]


def check_personal(files: Sequence[Upload], allowed: bool) -> None:
    """Raise UserError, naming kinds and files but no number, where pages that go hold personal data.

    Licences and notices name their makers' addresses rightly and are not looked at; vocabularies are the base's.
    ``allowed``: let it go.
    """
    if allowed:
        return
    pages = [one for one in files if Path(one.name).suffix in PAGES and Path(one.name).name not in VOCABULARIES]
    pages += [one for one in files if Path(one.name).name == MODELFILE]
    texts = {one.name: one.content if isinstance(one.content, str) else read_text(one.content) for one in pages}
    found = {name: personal_data.counts([text]) for name, text in texts.items()}
    named = {name: ", ".join(f"{n} {kind}" for kind, n in kinds.items()) for name, kinds in found.items() if kinds}
    told = [f"{name} ({kinds})" for name, kinds in named.items()]
    if told:
        raise UserError(
            f"not pushed: what looks like personal data is in {'; '.join(told)}: take it out, or let it go with "
            "--personal (make push: PERSONAL=1)"
        )


def listed(files: Sequence[Upload]) -> list[str]:
    """Return a line a file with its size, and one that adds them up."""
    width = max(len(one.name) for one in files)
    lines = [f"  {one.name:<{width}}  {size_text(one.size):>9}" for one in files]
    return [*lines, f"  {len(files)} files, {size_text(sum(one.size for one in files))}"]


def check_repository(name: str) -> None:
    """Raise UserError for what is no name of a repository, by the hub's own rule."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(name)
        allowed = "/" in name
    except HFValidationError:
        allowed = False
    if not allowed:
        raise UserError(f"--repo: '{name}' is no repository of the hub: name owner/name, such as me/my-model")


@contextmanager
def _explained(repository: str) -> Iterator[None]:
    """Turn what the hub refuses into one sentence that says what to do."""
    import httpx2
    from huggingface_hub import constants, errors

    try:
        yield
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        why = {
            401: "the hub does not accept HF_TOKEN: set it to a valid token",
            403: "this token may not write there: make one with write access, or name a repository of your own",
            404: "the hub has no such owner or repository, or this token does not see it",
            409: "somebody else writes to it just now: run again",
        }.get(status, f"{constants.ENDPOINT} answers {status}: run again later")
        raise UserError(f"{repository}: not pushed: {why}") from error
    except httpx2.HTTPError as error:
        raise UserError(
            f"{repository}: not pushed: no usable connection to {constants.ENDPOINT} ({type(error).__name__}); check "
            "network, proxy and HF_ENDPOINT"
        ) from error
    except ValueError as error:  # the hub's own check of a card
        raise UserError(
            f"{repository}: not pushed: the hub refuses it: {' '.join(str(error).split())[:300]}"
        ) from error


def push(repository: str, files: Sequence[Upload], token: str, private: bool, message: str) -> str:
    """Push files in one commit, into a repository that is made if it is not there; return the commit's address."""
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi(token=token, library_name="kotune")
    content = {one.name: one.content.encode() if isinstance(one.content, str) else str(one.content) for one in files}
    with _explained(repository):
        api.create_repo(repository, private=private, exist_ok=True)
        operations = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=body) for name, body in content.items()]
        return str(api.create_commit(repository, operations, commit_message=message).commit_url)
