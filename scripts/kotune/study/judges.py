"""Judges: who says of each answer whether it refuses, beside a rule, where a study or an evaluation names one.

None is asked unless a `judge` is named. At a scale of stand-ins a judge model is replaced by its own stand-in. Reads
config/judges/; writes nothing.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from kotune.core.catalogue import named
from kotune.core.errors import UserError
from kotune.core.storage import Json

BESIDE = "refusals"  # the rule beside a judge that names none
ASKED = {"timeout": 60, "retries": 3, "parallel": 1}  # of an endpoint that says nothing of them


def judge_at(name: str | None, where: str, lens: Json, root: Path) -> Json | None:
    """Return a judge by its name, with all that it says nothing of; None where none is named.

    ``where``: who names it. Raises UserError, with file and nearest name, for a judge that is not there, one that has
    no stand-in at a scale of stand-ins, and one whose key would travel in the open.
    """
    if name is None:
        return None
    given = named("judges", name, "judge", root)
    place = f"config/judges/{name}.yaml"
    if "endpoint" in given:
        _check_url(given["endpoint"], place)
    if "stand_in" in given:
        stand_in = named("judges", given["stand_in"], "judge", root)
        if "endpoint" in stand_in:
            raise UserError(f"{place}, stand_in: '{given['stand_in']}' is a judge model; name a judge that is a rule")
    if lens["stand_ins"] and "endpoint" in given:
        if "stand_in" not in given:
            raise UserError(f"{where}, judge: '{name}' has no stand_in ({place}), so it is not there at this scale")
        name, given = given["stand_in"], stand_in
    whole = {"name": name, "title": given["title"], "beside": given.get("beside", BESIDE), "audit": given["audit"]}
    if "endpoint" in given:
        return {**whole, "endpoint": {**ASKED, **given["endpoint"]}}
    return {**whole, "rule": given["rule"]}


def _check_url(endpoint: Json, place: str) -> None:
    """Raise UserError for an address that is none, and for a key that would be sent unencrypted to another machine."""
    try:
        address = urlsplit(endpoint["url"])
        host = address.hostname or ""
        _ = address.port
    except ValueError as error:
        raise UserError(f"{place}, endpoint.url: '{endpoint['url']}' is no address ({error}); mend it") from error
    if "key_from" in endpoint and address.scheme == "http" and not _here(host):
        raise UserError(
            f"{place}, endpoint.url: with key_from it must be https, or a key would travel in the open to {host}"
        )


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
