"""What presidio-analyzer finds in a text, by our kinds: tools/measure_personal_data.py measures it beside our finder.

Reads and writes nothing. The package is no pin of this repository: install it in an environment of its own, with what
requirements.txt names (`pip install presidio-analyzer==2.2.366`). Its recognizers are patterns and checks; a model of a
language would add names of people and places, which we do not look for, so that an empty one takes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version as version_of

import library  # noqa: F401
from kotune.rows.personal_data import BUSINESS, CARD, E_MAIL, FOREIGNER, RESIDENT, TELEPHONE, Found

LANGUAGE = "ko"
ENTITIES = {
    "EMAIL_ADDRESS": E_MAIL,
    "KR_RRN": RESIDENT,
    "KR_FRN": FOREIGNER,
    "CREDIT_CARD": CARD,
    "KR_BRN": BUSINESS,
    "PHONE_NUMBER": TELEPHONE,
}
KINDS = tuple(ENTITIES.values())  # it has none for accounts
# as it comes for Korean; and with its Korean recognizers, Korean telephone numbers and cards, which one must ask for
WAYS = ("default", "korean")


def version() -> str:
    """Return the package's version."""
    return version_of("presidio-analyzer")


def finder(way: str) -> Callable[[str], list[Found]]:
    """Return a finder of the kinds that both know; of pieces that overlap the one with the highest score is kept."""
    engine = _engine(way)

    def find(text: str) -> list[Found]:
        said = engine.analyze(text, language=LANGUAGE)
        kept: list[Found] = []
        for one in sorted(said, key=lambda piece: (-piece.score, piece.start - piece.end, piece.start)):
            kind = ENTITIES.get(one.entity_type)
            if kind and all(one.end <= other.start or other.end <= one.start for other in kept):
                kept.append(Found(kind, one.start, one.end))
        return sorted(kept, key=lambda piece: piece.start)

    return find


def _engine(way: str):
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Empty(SpacyNlpEngine):
        """An engine that parts a text at spaces, and knows nothing."""

        def __init__(self) -> None:
            super().__init__(models=[{"lang_code": LANGUAGE, "model_name": "none"}])
            self.nlp = {LANGUAGE: spacy.blank("xx")}

    registry = RecognizerRegistry(supported_languages=[LANGUAGE])
    registry.load_predefined_recognizers(languages=[LANGUAGE])
    registry.remove_recognizer("SpacyRecognizer")
    if way == "korean":
        registry.remove_recognizer("PhoneRecognizer")
        registry.add_recognizer(
            predefined_recognizers.PhoneRecognizer(supported_language=LANGUAGE, supported_regions=("KR",))
        )
        registry.add_recognizer(predefined_recognizers.CreditCardRecognizer(supported_language=LANGUAGE))
        for name in ("KrRrnRecognizer", "KrFrnRecognizer", "KrBrnRecognizer"):
            registry.add_recognizer(getattr(predefined_recognizers, name)())
    return AnalyzerEngine(registry=registry, nlp_engine=Empty(), supported_languages=[LANGUAGE])
