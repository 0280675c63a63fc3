"""What a model card is made of: the study's files and settings, as they were read.

Reads and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kotune.core.storage import Json
from kotune.export import card_harness, card_results, terms
from kotune.export.card_results import Score
from kotune.study.exports import ADAPTER


@dataclass(frozen=True)
class Facts:
    """What a card is made of.

    ``settings``: what `plan.model_cards` says of study, arm, data and licences; ``told``: of the model that was tuned.
    ``record``: the training's; ``adapter``: adapter_config.json; ``weights``: the SHA-256 of the adapter's.
    ``audit``: of the rows; ``prompts``: prompts.json of what was learned. ``template``: the prompt with a row's columns
    in braces. ``loading``: the lines of Python that load it. ``statistics``: of the study's own rows; ``evaluations``
    and ``harness``: by evaluation. ``mixture``: mixture.json, where rows are a mixture. ``leaks``: leaks.json, where
    the study has one. ``exported``: the record of the form that the card is of; None of the adapter as it was trained.
    """

    settings: Json
    told: Json
    record: Json
    adapter: Json
    weights: str
    audit: Json
    prompts: Json
    template: str | None
    loading: list[str]
    statistics: Json
    evaluations: dict[str, Json] = field(default_factory=dict)
    harness: dict[str, Json] = field(default_factory=dict)
    mixture: Json | None = None
    leaks: Json | None = None
    exported: Json | None = None

    @property
    def base(self) -> Json:
        """What is said of the base, and what its licence asks."""
        return self.told["base"]

    @property
    def form(self) -> str:
        """The form that the card is of."""
        return self.exported["form"] if self.exported else ADAPTER

    @property
    def data(self) -> list[Json]:
        """The data sets whose rows were learned."""
        return self.settings["data"]

    @property
    def name(self) -> str:
        """The name that the model has, unless it is handed on under another."""
        name = terms.own_name(self.base, self.settings["study"], self.settings["arm"])
        return name if self.form == ADAPTER else f"{name}-{self.form}"

    def scores(self, statistics: Json, told: Json) -> list[Score]:
        """Return what the arm scored by a document of statistics."""
        model, own = self.settings["model"], self.record["asked"]["model"]["name"]
        return card_results.scores_of(statistics, told, model, own, self.settings["arm"])

    def harness_rows(self, document: Json) -> list[Json]:
        """Return what the arm scored in a harness evaluation, by its statistics."""
        settings, own = self.settings, self.record["asked"]["model"]["name"]
        return card_harness.rows_of(document, settings["model"], own, settings["arm"], settings["seed"])
