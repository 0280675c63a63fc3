"""Real files that tests may use where they are at hand: none belongs to the repository, and no test fetches one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kotune.core.names import ROOT
from kotune.core.storage import read_json

KORQUAD = ROOT.parent / "shared/data/korquad-v1.0/KorQuAD_v1.0_dev.json"
KOBEST = ROOT.parent / "shared/data/kobest-v1.0"
KOBBQ = ROOT.parent / "shared/data/kobbq/KoBBQ_test_samples.tsv"
GEMMA = Path(os.environ.get("KOTUNE_GEMMA", ROOT / "resources/hub/models/gemma-3-270m"))

needs_korquad = pytest.mark.skipif(
    not KORQUAD.is_file(), reason="KorQuAD 1.0's dev split, which may not be handed on, is not here"
)
needs_kobest = pytest.mark.skipif(
    not (KOBEST / "WiC/test.tsv").is_file(), reason="KoBEST 1.0 from its makers (BoolQ/train.tsv …) is not here"
)
needs_kobbq = pytest.mark.skipif(not KOBBQ.is_file(), reason="KoBBQ's test samples from their makers are not here")
needs_gemma = pytest.mark.skipif(
    not (GEMMA / "tokenizer.json").is_file(),
    reason="Gemma 3 270M is not here: download it, or let KOTUNE_GEMMA name it",
)


def korquad_texts() -> list[str]:
    """Return the contexts and questions of KorQuAD 1.0's dev split."""
    paragraphs = [one for article in read_json(KORQUAD)["data"] for one in article["paragraphs"]]
    questions = [one["question"] for paragraph in paragraphs for one in paragraph["qas"]]
    return [one["context"] for one in paragraphs] + questions
