"""A model folder that has a tokenizer and a chat template, and no weights."""

import json
from pathlib import Path

from checkout import ROOT

STAND_IN = ROOT / "resources/mini/models/plain-llama-chat"


def write(folder: Path, template: str | None) -> None:
    """Write the stand-in's tokenizer with this chat template, or with none."""
    for name in ("tokenizer.json", "config.json"):
        (folder / name).write_bytes((STAND_IN / name).read_bytes())
    config = json.loads((STAND_IN / "tokenizer_config.json").read_text(encoding="utf-8"))
    config |= {"chat_template": template} if template else {}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
