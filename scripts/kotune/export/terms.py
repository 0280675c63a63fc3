"""Terms: what the licences of a base model and of its data ask of who hands on a model made of them.

Takes what config/models.yaml and config/datasets.yaml say; reads and writes nothing. What the catalogue does not know
is said to be unknown: nothing is guessed from a licence's name but what Creative Commons writes into it. No legal
advice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kotune.core.storage import Json
from kotune.printing.markdown import code_span, plain

OTHER = "other"  # how the hub calls a licence that it has no id for
UNSTATED = "not stated"
LONGEST = 96  # characters of a name on the hub
# The hub's ids of the licences that the catalogues name (docs/hub/repositories-licenses.md of huggingface/hub-docs at
# 008d54d; those of Llama 3 as Meta's own model cards have them). Any other licence is `other` with a name.
IDS = {
    "apache-2.0", "mit", "gemma", "llama2", "llama3", "llama3.1", "llama3.2",
    "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-4.0",
}  # fmt: skip


@dataclass(frozen=True)
class Leave:
    """What a user has on their own account: they read the base's licence, who gave leave to hand on what data made."""

    licence_read: bool = False
    data: str | None = None


def _marks(licence: str) -> set[str]:
    """Return what a Creative Commons licence restricts by its name: nc, nd, sa."""
    words = licence.lower().split("-")
    return {"nc", "nd", "sa"} & set(words) if words[0] == "cc" else set()


def stated(licence: str | None) -> bool:
    """Return whether a licence is named at all."""
    return (licence or UNSTATED).lower() not in (UNSTATED, "none stated", "unknown")


def restricted(data: Json) -> bool:
    """Return whether a data set's licence asks anything of a model that was tuned on it, or may."""
    return bool(_marks(data["licence"])) or not stated(data["licence"]) or data["redistribution"] is False


def licence_of(base: Json, data: list[Json]) -> tuple[str, str | None]:
    """Return the hub's id of a tuned model's licence, and its name where that id is `other`.

    It is the base's, unless a data set's licence restricts what is made of it: then both names stand together.
    """
    names = list(dict.fromkeys([base["licence"], *(one["licence"] for one in data if restricted(one))]))
    if len(names) == 1 and names[0] in IDS:
        return names[0], None
    return OTHER, re.sub(r"[^a-z0-9.]+", "-", " and ".join(names).lower()).strip("-")


def _words(name: str) -> str:
    """Return a name without what separates its words, to compare two."""
    return re.sub(r"[-_. ]+", "", name).lower()


def begins_well(name: str, base: Json) -> bool:
    """Return whether a model's name begins as the base's licence asks; of separators any will do."""
    wanted = (base["handed_on"] or {}).get("name_begins", "")
    return _words(name).startswith(_words(wanted))


def own_name(base: Json, study: str, arm: str) -> str:
    """Return a name for a tuned model: its base's, which begins as the licence asks, then study and arm."""
    name, wanted = base["title"].rpartition("/")[2], (base["handed_on"] or {}).get("name_begins", "")
    separated = re.escape(wanted).replace(r"\ ", "[-_. ]?")
    found = re.search(separated, name, flags=re.IGNORECASE) if wanted else None
    if found:
        name = name[found.start() :]
    if not begins_well(name, base):
        name = f"{wanted.replace(' ', '-')}-{name}"
    allowed = re.sub(r"[^\w.]+", "-", f"{name}-{study}-{arm}", flags=re.ASCII)
    return allowed.strip("-.")[:LONGEST]


def _of_base(base: Json) -> list[str]:
    said, asks = plain(base["licence"]), base["handed_on"]
    doubt = ", which no public source that was read confirms" if base["unverified"] else ""
    lines = [f"- Base model: {said}{doubt}."]
    if base["commercial"] == "no":
        lines.append(f"- Not for commercial use: {said} forbids it.")
    if base["commercial"] == "conditions":
        lines.append(f"- Commercial use on the conditions of {said}.")
    if base["licence_note"]:
        lines.append(f"- {plain(base['licence_note'])}")
    if asks is None:
        lines.append(f"- What {said} asks of who hands this model on was not read here: read it before you do.")
        return lines
    if "name_begins" in asks:
        lines.append(f"- A model made of it has a name that begins with {code_span(asks['name_begins'])}.")
    if "notice" in asks:
        lines.append(f"- {plain(asks['notice'])}")
    if asks.get("copy"):
        lines.append("- A copy of that licence goes with this model.")
    return lines


def _of_data(data: Json) -> str:
    marks, said = _marks(data["licence"]), [plain(data["licence"])]
    if "nc" in marks:
        said.append("not for commercial use")
    if "nd" in marks:
        said.append("nothing made of it may be handed on")
    if "sa" in marks:
        said.append("what is made of it is to be shared under the same licence")
    if data["redistribution"] is False:
        said.append("its rows may not be handed on")
    if "licence" in data["unverified"]:
        said.append("no public source that was read confirms the licence")
    return f"- {plain(data['title'])}: {'; '.join(said)}."


def lines(base: Json, data: list[Json]) -> list[str]:
    """Return the lines of a card that say what licences ask."""
    return [*_of_base(base), *map(_of_data, data), "- This is no legal advice."]


def refusals(base: Json, data: list[Json], name: str, leave: Leave) -> list[str]:
    """Return why a model may not be handed on under a name; nothing where nothing that is known forbids it."""
    found, licence = [], base["licence"]
    if not begins_well(name, base):
        begins = base["handed_on"]["name_begins"]
        found.append(f"the base's licence ({licence}) wants the name to begin with '{begins}', and it is '{name}'")
    unread = base["handed_on"] is None or base["unverified"] or not stated(licence)
    if unread and not leave.licence_read:
        doubt = "is not confirmed" if base["unverified"] else "was not read for the catalogue"
        found.append(
            f"the licence of {base['title']} ({licence}) {doubt}: read it, and say so with --licence-read "
            "(make push: READ=1) if it allows this"
        )
    for one in data if leave.data is None else ():
        why = None
        if "nd" in _marks(one["licence"]):
            why = f"its licence ({one['licence']}) forbids to hand on what is made of it"
        elif one["redistribution"] is False:
            why = f"its rows may not be handed on ({one['licence']}), and a model tuned on them can repeat them"
        if why:
            leave_of = "if you have its owner's leave, say so with --leave (make push: LEAVE=…)"
            found.append(f"data set '{one['name']}': {why}; {leave_of}")
    return found


def with_leave(card: str, leave: str | None) -> str:
    """Return a card that says by whose leave a model is handed on, where somebody gave one."""
    said = f"- Handed on by leave: {plain(leave)}.\n" if leave else ""
    return card.replace("- This is no legal advice.\n", f"{said}- This is no legal advice.\n", 1)
