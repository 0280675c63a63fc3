"""What must be equal before answers are compared: the prompts' tokens, the dialogue, what ends an answer.

Reads an exported model folder, or what was read back of a GGUF file as one; writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import Json, read_json, read_text
from kotune.export.folder import SETTINGS, TEMPLATE, shown_name
from kotune.export.go_template import go_rendered
from kotune.export.templates import rendered
from kotune.models import loading
from kotune.prompts.families import ASSISTANT, SYSTEM, USER, Family
from kotune.training.companions import GENERATION

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# A user, an answer, a user: with and without a system turn before them. Quotes, a tag and a line break must survive.
DIALOGUE = (
    (USER, '첫 질문: "수도"는 어디야?'),
    (ASSISTANT, "서울입니다."),
    (USER, "두 번째 질문\n{{ 괄호 }}는 그대로야?"),
)
TOLD = (SYSTEM, "짧게 답해 줘.")


def dialogues(family: Family) -> list[list[tuple[str, str]]]:
    """Return the dialogues of three turns that templates are held against."""
    return [list(DIALOGUE), *([] if family.system == "refused" else [[TOLD, *DIALOGUE]])]


def _parts(ours: str, theirs: str) -> str:
    """Return where two texts part."""
    place = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    return f"after {place} characters it has {theirs[place : place + 30]!r}, ours {ours[place : place + 30]!r}"


def check_template(template: str, family: Family, where: str) -> None:
    """Raise UserError unless a Jinja template renders each dialogue as the family does."""
    for turns in dialogues(family):
        ours = family.prompt(turns)
        theirs = rendered(template, [{"role": role, "content": text} for role, text in turns], family.bos)
        if ours != theirs:
            raise UserError(f"{where}: its chat template is not the family '{family.name}': {_parts(ours, theirs)}")


def check_ollama(template: str, family: Family, where: str) -> None:
    """Raise UserError unless Ollama's template does, behind the beginning-of-text token that the file adds."""
    for turns in dialogues(family):
        ours = family.prompt(turns)
        theirs = (family.bos or "") + go_rendered(template, [{"role": role, "content": text} for role, text in turns])
        if ours != theirs:
            raise UserError(f"{where}: its template is not the family '{family.name}': {_parts(ours, theirs)}")


def check_tokens(
    texts: Mapping[str, str], ours: PreTrainedTokenizerBase, theirs: PreTrainedTokenizerBase, where: str
) -> int:
    """Raise UserError, naming the first token, unless texts by name have equal ids; return how many they are."""
    total = 0
    for name, text in texts.items():
        one, two = (list(of(text, add_special_tokens=False)["input_ids"]) for of in (ours, theirs))
        total += len(one)
        if one != two:
            place = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
            told = [of.convert_ids_to_tokens(ids[place : place + 1]) for of, ids in ((ours, one), (theirs, two))]
            raise UserError(
                f"{where}: token {place} of {name} is {two[place : place + 1]} {told[1]} there, and "
                f"{one[place : place + 1]} {told[0]} for the arm: it reads other text than was learned"
            )
    return total


def check_stops(
    named: Sequence[int], arm: Sequence[int], tokenizer: PreTrainedTokenizerBase, where: str, more: bool
) -> None:
    """Raise UserError unless an export ends at the arm's stops; ``more``: whether it may have others besides."""
    names = tokenizer.convert_ids_to_tokens
    missing = [one for one in arm if one not in named]
    if missing:
        raise UserError(f"{where}: it does not end at {', '.join(names(missing))}, at which the arm's answers end")
    other = [one for one in named if one not in arm]
    if other and not more:
        raise UserError(f"{where}: it also ends at {', '.join(names(other))}, at which the arm's answers do not end")


def eos_read_back(folder: Path) -> dict[str, list[str] | list[int]]:
    """Return what an exported folder names as its ends: by file, as tokens or as ids."""
    told = read_json(folder / SETTINGS).get("eos_token")
    token = told["content"] if isinstance(told, dict) else told
    found: dict[str, list] = {SETTINGS: [token] if token else []}
    for name in (GENERATION, "config.json"):
        if (folder / name).is_file() and (ids := read_json(folder / name).get("eos_token_id")) is not None:
            found[name] = ids if isinstance(ids, list) else [ids]
    return found


def check_ends(folder: Path, stop: Sequence[str], tokenizer: PreTrainedTokenizerBase, where: str) -> Json:
    """Return the ends that each file names, as tokens; UserError for none, and for one that is no stop of the arm."""
    found = {}
    for file, ends in eos_read_back(folder).items():
        tokens = [one if isinstance(one, str) else tokenizer.convert_ids_to_tokens(one) for one in ends]
        wrong = [token for token in tokens if token not in stop]
        if wrong or not tokens:
            told = f"ends at {wrong[0]}, which is no stop" if wrong else "names no end"
            raise UserError(f"{where}: {file} {told} of the family ({', '.join(stop)}); answers would not end rightly")
        found[file] = tokens
    return found


def check_folder(
    folder: Path, model: Json, family: Family, stop: list[str], texts: Mapping[str, str]
) -> tuple[Json, PreTrainedTokenizerBase]:
    """Check an exported folder against the arm's model: tokens, template, stops. Return what was found.

    ``stop``: the tokens at which the arm's answers end; ``texts``: prompts by name.
    """
    where = shown_name(folder)
    ours, theirs = loading.load_tokenizer(model), loading.load_tokenizer({**model, "path": str(folder)})
    check_template(read_text(folder / TEMPLATE), family, where)
    spoken = {f"dialogue {number}": family.prompt(turns) for number, turns in enumerate(dialogues(family), start=1)}
    tokens = check_tokens({**texts, **spoken}, ours, theirs, where)
    ends = check_ends(folder, stop, theirs, where)
    ids = read_json(folder / GENERATION)["eos_token_id"]
    check_stops(ids, loading.stop_ids(ours, stop), theirs, where, more=False)
    return {"prompts": len(texts), "tokens": tokens, "stops": stop, "ends": ends}, theirs
