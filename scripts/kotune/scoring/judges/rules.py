"""The rules that may stand beside a judge, or in its place, by name (`registry` of the schema of judges).

A rule takes request and answer as texts and returns a verdict (`scoring.judges.classes`). Jobs load the one that they
name by its dotted name, so that their code hash holds no other. Reads and writes nothing.
"""

from __future__ import annotations

RULES = {
    "refusals": "kotune.scoring.judges.by_refusals.verdict_of",
    "phrases": "kotune.scoring.judges.by_phrases.verdict_of",
}
