"""What one run of answering is asked to do, and the hash of everything that its answers depend on.

Reads files for their hashes; writes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from kotune.core.code_hash import code_hash
from kotune.core.names import ROOT
from kotune.core.records import PACKAGES, package_versions
from kotune.core.storage import Json, sha256_of, sha256_of_text


@dataclass(frozen=True)
class Order:
    """What one run of answering is asked to do; the settings objects are those of the rule's parameters."""

    model: Json
    quantization: Json | None
    adapter: Path | None
    prompts: list[Path]
    generation: Json
    compute: Json
    seed: int
    output: Path
    record: Path
    label: str

    @property
    def cleanup(self) -> Json:
        """What is cut off answers (`answering.lines.clean`)."""
        return self.generation.get("cleanup") or {}


def fingerprint(order: Order, inputs: dict[str, Path]) -> str:
    """Return the hash of everything that the answers depend on; a part under another one is not continued."""
    settings = {name: value for name, value in order.model.items() if name not in ("path", "name")}
    asked = [settings, order.quantization, order.generation, order.compute, order.seed]
    hashes = {name: sha256_of(path) for name, path in inputs.items()}
    code = code_hash(ROOT / "scripts" / "answer_prompts.py")
    return sha256_of_text(json.dumps([asked, hashes, package_versions(PACKAGES), code], sort_keys=True))
