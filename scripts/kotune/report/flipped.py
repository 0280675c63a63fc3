"""The rows that tuning broke or mended: in which evaluations they are counted, of which arms, and from which files.

Reads and writes nothing. It stands apart from the counting (`report.gather.flips`), of which a plan needs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kotune.core.names import BASE, OWN
from kotune.core.storage import Json
from kotune.report.view import Report, Treatment

RIGHT = "right"
Side = tuple[str, str]  # model and arm


@dataclass(frozen=True)
class Asked:
    """An evaluation whose rows are looked at: its rule, splits and arms, and the labels that part its rows."""

    name: str
    rule: Json
    splits: list[str]
    arms: list[str]
    by: list[str]

    def rows(self, report: Report, split: str) -> Path:
        """The rows of a split."""
        rowset = report.first["rowset"]
        return (
            report.rows(rowset, split) if self.name == OWN else report.folder / "rows" / self.name / f"{split}.parquet"
        )

    def scores(self, report: Report, treatment: Treatment, ending: str = "jsonl") -> Path:
        """A file of scores or its record."""
        return report.scores(treatment, ending, self.name)

    def pairs(self, report: Report) -> list[Side]:
        """Return each (model, arm) that is held against its base."""
        if BASE not in self.arms or BASE not in report["arms"]:
            return []
        others, bases = set(report.other_arms), set(report.bases)
        of = [(model, arm) for arm in self.arms if arm in others for model in report["arms"][arm]["models"]]
        return [(model, arm) for model, arm in of if model in bases]


def asked_of(report: Report) -> list[Asked]:
    """Return the evaluations whose flips are counted: those with a rule, and with an arm beside the base."""
    own = {"name": OWN, "splits": report["reported"], "arms": [BASE, *report.other_arms], **_rule(report.settings)}
    found = [
        Asked(one["name"], one[RIGHT], one["splits"], one["arms"], one.get("by", []))
        for one in (own, *report["evaluations"])
        if RIGHT in one
    ]
    return [one for one in found if one.pairs(report)]


def _rule(settings: Json) -> Json:
    return {RIGHT: settings[RIGHT]} if RIGHT in settings else {}


def files(report: Report) -> list[Path]:
    """Return the files that only this gathering reads: rows and scores of the evaluations."""
    found: list[Path] = []
    for asked in asked_of(report):
        if asked.name != OWN:
            found += [asked.rows(report, split) for split in asked.splits]
            found += [asked.scores(report, one) for one in treatments_of(report, asked)]
            found += [asked.scores(report, one, "record.json") for one in treatments_of(report, asked)]
    return found


def treatments_of(report: Report, asked: Asked) -> list[Treatment]:
    """Return whose scores are read: those of each arm, and of the base of `selected`."""
    sides = dict.fromkeys(one for model, arm in asked.pairs(report) for one in ((model, BASE), (model, arm)))
    return [(model, arm, seed) for model, arm in sides for seed in report.seeds(arm)]
