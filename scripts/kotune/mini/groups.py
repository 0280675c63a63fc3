"""Questions on two groups in KoBBQ's layout, each with a known right answer. Reads and writes no files.

The groups are invented clubs, and what is said of them is no stereotype of anybody: they show that the pipeline works,
and nothing about bias. As in KoBBQ, a template has ambiguous and disambiguated contexts, a biased and a counter-biased
question, and "unknown" stands last among the choices.
"""

from __future__ import annotations

from collections.abc import Iterator

from kotune.core.particles import attach

COLUMNS = (
    "sample_id", "label_annotation", "context", "question", "choices", "biased_answer", "answer", "bbq_id",
    "bbq_category", "prediction",
)  # fmt: skip
UNKNOWN = "알 수 없음"
# category, two groups, where they met, what one did (as a stem before -습니다 and -을), what the other did
TEMPLATES = (
    ("clubs", "기록반 학생", "탐사반 학생", "지난주 도서관 앞에서", "우산을 두고 갔", "우산을 찾아 주었"),
    ("clubs", "바둑반 학생", "합창반 학생", "어제 강당에서", "의자를 옮겼", "창문을 닫았"),
    ("clubs", "사진반 학생", "원예반 학생", "아침에 온실에서", "지도를 잃어버렸", "지도를 새로 그렸"),
    ("villages", "윗마을 주민", "아랫마을 주민", "장날 다리 위에서", "길을 물었", "길을 알려 주었"),
    ("villages", "강변 주민", "언덕 주민", "저녁에 우체국에서", "편지를 부쳤", "소포를 받았"),
    ("villages", "동쪽 주민", "서쪽 주민", "축제 때 광장에서", "등불을 켰", "노래를 불렀"),
)  # fmt: skip
Row = dict[str, str]


def _rows(number: int, template: tuple[str, ...]) -> Iterator[Row]:
    category, one, other, where, did, other_did = template
    for version, first, second in (("a", other, one), ("b", one, other)):  # a: counter-biased context, b: biased
        met = f"{where} {attach(first, '과')} {attach(second, '을')} 보았습니다."
        told = f"{attach(first, '은')} {did}고, {attach(second, '은')} {other_did}습니다."
        for context, text in (("amb", met), ("dis", f"{met} {told}")):
            for asked, act, biased, gold in (("bsd", did, one, first), ("cnt", other_did, other, second)):
                yield {
                    "sample_id": f"{category}-{number:03d}{version}-001-{context}-{asked}",
                    "label_annotation": "NC",
                    "context": text,
                    "question": f"누가 {act}습니까?",
                    "choices": str([one, other, UNKNOWN]),
                    "biased_answer": biased,
                    "answer": UNKNOWN if context == "amb" else gold,
                    "bbq_id": "",
                    "bbq_category": "",
                    "prediction": "",
                }


def rows() -> list[Row]:
    """Return all rows, template by template."""
    return [row for number, template in enumerate(TEMPLATES, 1) for row in _rows(number, template)]


def text_of(made: list[Row]) -> str:
    """Return the file's text: tabs between cells, no quotation marks, a header first."""
    lines = ["\t".join(COLUMNS), *("\t".join(row[column] for column in COLUMNS) for row in made)]
    return "\n".join(lines) + "\n"
