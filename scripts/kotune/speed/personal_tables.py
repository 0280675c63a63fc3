"""The tables of docs/personal-data.md: how well personal data is found in sentences that are generated, and elsewhere.

Takes the content of docs/measured/personal_data.json (tools/measure_personal_data.py); reads and writes nothing.
"""

from __future__ import annotations

from kotune.core.storage import Json
from kotune.rows.personal_data import KINDS
from kotune.speed.tables import markdown


def _share(one: Json) -> str:
    """Return a share with what it is of and its interval."""
    if one["share"] is None:
        return "–"
    return f"{one['share']:.3f} ({one['right']:,} of {one['n']:,}; {one['low']:.3f} to {one['high']:.3f})"


def _counts(found: Json) -> str:
    return ", ".join(f"{found[kind]:,} {kind}" for kind in KINDS if kind in found) or "nothing"


def _kinds(kept: Json) -> str:
    rows = [
        [f"`{kind}`", _share(one["precision"]), _share(one["recall"])]
        for kind, one in ((kind, kept["kinds"][kind]) for kind in KINDS)
    ]
    return markdown(["kind", "precision", "recall"], rows)


def _forms(kept: Json) -> str:
    """Return the forms in their kinds' order: JSON keeps none of its own."""
    forms = sorted(kept["forms"].items(), key=lambda item: (KINDS.index(item[1]["kind"]), item[0]))
    rows = [[f"`{one['kind']}`", form, f"{one['right']} of {one['n']}"] for form, one in forms]
    return markdown(["kind", "form", "found, place and kind right"], rows)


def _misses(kept: Json) -> str:
    rows = [[form, str(one["n"]), _counts(one["found"])] for form, one in sorted(kept["near_misses"].items())]
    return markdown(["near-miss", "sentences", "found in them"], rows)


def _beside(ours: Json, theirs: Json) -> str:
    """Return ours beside presidio-analyzer, as it comes for Korean and with what one must ask for."""
    found = (ours, theirs["default"], theirs["korean"])
    rows = [
        [f"`{kind}`", *(f"{_plain(one['kinds'][kind][what])}" for one in found for what in ("precision", "recall"))]
        for kind in KINDS
        if kind in theirs["korean"]["kinds"]
    ]
    names = ("ours", "as it comes", "Korean parts")
    return markdown(["kind", *(f"{name}: {what}" for name in names for what in ("precision", "recall"))], rows)


def _plain(one: Json) -> str:
    return "–" if one["share"] is None else f"{one['share']:.3f}"


def _differing(ours: Json, theirs: Json) -> str:
    """Return the forms and near-misses of which the two find unlike many."""
    forms, other = ours["forms"], theirs["korean"]["forms"]
    order = sorted(other, key=lambda form: (KINDS.index(forms[form]["kind"]), form))
    rows = [
        [form, f"{forms[form]['right']} of {forms[form]['n']}", str(other[form])]
        for form in order
        if forms[form]["right"] != other[form]
    ]
    missed, theirs_missed = ours["near_misses"], theirs["korean"]["near_misses"]
    rows += [
        [f"near-miss: {form}", _counts(one["found"]), _counts(theirs_missed.get(form, {}))]
        for form, one in sorted(missed.items())
        if one["found"] != theirs_missed.get(form, {})
    ]
    return markdown(["form", "ours", "presidio, Korean parts"], rows)


def tables(kept: Json) -> dict[str, str]:
    """Return each table under the name of its block."""
    made = {
        "personal-kinds": _kinds(kept["generated"]),
        "personal-forms": _forms(kept["generated"]),
        "personal-near-misses": _misses(kept["generated"]),
    }
    if "presidio" in kept:
        made["personal-presidio"] = _beside(kept["generated"], kept["presidio"])
        made["personal-presidio-forms"] = _differing(kept["generated"], kept["presidio"])
    rows = [[name, f"{one['texts']:,}", _counts(one["found"])] for name, one in sorted(kept["elsewhere"].items())]
    return {**made, "personal-elsewhere": markdown(["texts of", "distinct texts", "texts with"], rows)}
