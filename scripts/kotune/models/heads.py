"""Heads: what stands on a base in place of its output layer, where a model points at an answer and writes none.

Reads adapter_config.json; writes nothing.
"""

from __future__ import annotations

from pathlib import Path

from kotune.core.storage import read_json
from kotune.models.adapters import CONFIG

KEY, SPAN = "head", "span"  # of a model's settings as a job of training or answering has them
HEAD_LAYER = "qa_outputs"  # transformers' name of the layer
TASK = "QUESTION_ANS"  # peft's name of what an adapter with such a head is for


def head_of(adapter: Path | None) -> str | None:
    """Return the head that an adapter was trained with; None where the base's own output layer answers."""
    if adapter is None or not (adapter / CONFIG).is_file():
        return None
    return SPAN if read_json(adapter / CONFIG).get("task_type") == TASK else None
