"""What of a study is taken home: which arms of which models, and in which forms.

Reads and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.names import SELECTED
from kotune.core.storage import Json

if TYPE_CHECKING:
    from kotune.study.study import Study

ADAPTER, MERGED, GGUF_F16, GGUF_Q8_0 = "adapter", "merged", "gguf-f16", "gguf-q8_0"
# The forms, the one that is offered first before the others; each with what is said of it.
FORMS = {
    MERGED: "weights in 16 bits with the adapter in them, for transformers and vLLM",
    GGUF_F16: "one GGUF file in 16 bits, for Ollama, LM Studio and llama.cpp",
    GGUF_Q8_0: "one GGUF file in 8 bits, for Ollama, LM Studio and llama.cpp",
    ADAPTER: "the adapter alone, for peft",
}
GGUF = {GGUF_F16: "F16", GGUF_Q8_0: "Q8_0"}  # forms that are GGUF files, each with how its weights are stored

KEY = "export"


def forms_of(study: Study) -> list[str]:
    """Return the forms that are made, the one that is offered first before the others."""
    asked = study.settings.get(KEY, {}).get("forms", FORMS)
    return [form for form in FORMS if form in asked]


def taken_home(study: Study) -> list[tuple[str, str, int]]:
    """Return (model, arm, seed) of each adapter that is taken home; none where nothing is asked for."""
    asked: Json = study.settings.get(KEY, {"arms": []})
    wanted = asked.get("models")
    names = None if wanted is None else {study.names.get(name, name) for name in wanted}
    return [
        (model, arm, seed)
        for arm in asked["arms"]
        for model in study.arms[arm]["models"]
        if names is None or model in names or (model == SELECTED and SELECTED in wanted)
        for seed in study.seeds_of(arm)
    ]
