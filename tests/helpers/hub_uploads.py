"""Uploads to the loopback hub: a repository is made, files are sent, one commit puts them in place.

Speaks what huggingface_hub's `create_repo` and `create_commit` speak: the check of a card, the question which files are
large, the storage of large ones, and the commit.
"""

from __future__ import annotations

import base64
import json
from typing import Any

CALLS = ("preupload", "commit")


def answer(handler: Any, parts: list[str]) -> bool:
    """Answer a request that writes; return whether it was one. ``parts``: its path. ``handler``: hub_server's."""
    if handler.command == "PUT":
        handler.server.hub.stored[parts[-1]] = handler.body
        handler._send(200, b"", {})
        return True
    if handler.command != "POST":
        return False
    if parts == ["api", "validate-yaml"]:
        _validate(handler)
    elif parts == ["api", "repos", "create"]:
        _create(handler)
    elif parts[0] == "api" and len(parts) > 5 and parts[4] in CALLS:
        _write(handler, "/".join(parts[2:4]), parts[4])
    elif parts[-3:] == ["lfs", "objects", "batch"]:
        _store(handler)
    else:
        return False
    return True


def _barred(handler: Any) -> bool:
    """Refuse, and return True, where the token may not write."""
    allowed = handler.server.hub.writers
    if handler.token in allowed:
        return False
    handler._refuse(403 if handler.token in handler.server.hub.readers else 401, "no rights to write")
    return True


def _validate(handler: Any) -> None:
    said = json.loads(handler.body)["content"]
    wrong = handler.server.hub.card_fault if said.startswith("---\n") else '"---" is missing'
    errors = {"errors": [{"message": wrong}] if wrong else [], "warnings": []}
    body = json.dumps(errors).encode()
    handler._send(400 if wrong else 200, body, {"Content-Type": "application/json"})


def _create(handler: Any) -> None:
    if _barred(handler):
        return
    asked = json.loads(handler.body)
    hub_id = f"{asked['organization']}/{asked['name']}"
    if ("model", hub_id.lower()) in handler.server.hub.repos:
        there = {"error": "You already created this model repo", "url": f"{handler.server.hub.endpoint}/{hub_id}"}
        handler._send(409, json.dumps(there).encode(), {"Content-Type": "application/json"})
        return
    handler.server.hub.add("model", hub_id, {}).visibility = asked.get("visibility")
    handler._json({"url": f"{handler.server.hub.endpoint}/{hub_id}", "name": hub_id})


def _write(handler: Any, hub_id: str, call: str) -> None:
    hub = handler.server.hub
    if _barred(handler):
        return
    if call == "preupload":
        asked = json.loads(handler.body)["files"]
        large = {one["path"]: one["path"].endswith(".safetensors") for one in asked}
        said = [
            {"path": path, "uploadMode": "lfs" if of_storage else "regular", "shouldIgnore": False}
            for path, of_storage in large.items()
        ]
        handler._json({"files": said})
        return
    content = {}
    for line in handler.body.splitlines():
        entry = json.loads(line)
        value = entry["value"]
        if entry["key"] == "file":
            content[value["path"]] = base64.b64decode(value["content"])
        elif entry["key"] == "lfsFile":
            content[value["path"]] = hub.stored[value["oid"]]
    repo = hub.repos[("model", hub_id.lower())]
    there = {name: file.content for name, file in repo.commits[repo.refs["main"]].items()}
    hub.add("model", hub_id, {**there, **content})
    commit = repo.refs["main"]
    handler._json({"commitUrl": f"{hub.endpoint}/{hub_id}/commit/{commit}", "commitOid": commit})


def _store(handler: Any) -> None:
    if _barred(handler):
        return
    hub, asked = handler.server.hub, json.loads(handler.body)["objects"]
    objects = [
        {**one, "actions": {"upload": {"href": f"{hub.storage}/upload/{one['oid']}", "header": {}}}} for one in asked
    ]
    handler._json({"transfer": "basic", "objects": objects})
