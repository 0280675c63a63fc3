"""Rows made of an arm's samples: its answers to an evaluation, as what is to be learned, where they score high enough.

Takes rows, answer lines and score lines as `scoring` reads them; reads and writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from kotune.core.errors import UserError
from kotune.core.names import GOLDS, UNIT
from kotune.core.storage import Json
from kotune.scoring.answer_files import Key, was_asked

EMPTY, LOW, AGAIN, HELD = "empty answer", "score too low", "the same answer again", "also in an evaluation split"
UNASKED = "not asked"


def grouped(answers: Mapping[Key, Json]) -> dict[tuple[str, str], list[Key]]:
    """Return the keys of each row's answers, by split and id, in the order of their numbers."""
    by_row: dict[tuple[str, str], list[Key]] = {}
    for key in sorted(answers, key=lambda key: key[2]):
        by_row.setdefault(key[:2], []).append(key)
    return by_row


def references_among(rows: Mapping[str, Sequence[Json]], answers: Mapping[Key, Json], gold: str) -> Json:
    """Return of how many rows with a reference answer that were asked it is among the answers, word for word.

    White space at the ends is no word; of several reference answers any counts. Gives {"rows", "among"}.
    """
    by_row, asked, among = grouped(answers), 0, 0
    for split, of_split in rows.items():
        for row in of_split:
            lines = [answers[key] for key in by_row.get((split, row["id"]), [])]
            golds = {one.strip() for one in (row.get(GOLDS) or [row.get(gold)]) if one and one.strip()}
            if golds and any(map(was_asked, lines)):
                asked += 1
                among += any(line["answer"].strip() in golds for line in lines)
    return {"rows": asked, "among": among}


def rows_of_samples(
    rows: Mapping[str, Sequence[Json]],
    answers: Mapping[Key, Json],
    scores: Mapping[Key, float],
    gold: str,
    at_least: float | None,
    held: Collection[str] = (),
) -> tuple[list[Json], dict[str, int]]:
    """Return the rows whose answers are kept, each with the answer as its gold, and how many were left out and why.

    A row that was answered several times gives a row for each different answer that is kept, named by its number.
    ``scores``: of each answer; ``at_least``: the lowest score that is kept, None for any. ``held``: units of rows that
    are evaluated, which must not be learned. Raises UserError where nothing is left.
    """
    by_row = grouped(answers)
    kept, left_out = [], Counter()
    for split, of_split in rows.items():
        for row in of_split:
            given: set[str] = set()
            for key in by_row.get((split, row["id"]), []):
                answer = answers[key]["answer"]
                reason = _reason(answers[key], given, row, scores, key, at_least, held)
                if reason:
                    left_out[reason] += 1
                    continue
                given.add(answer)
                name = f"{row['id']}-{key[2]}" if len(by_row[key[:2]]) > 1 else row["id"]
                others = {GOLDS: None} if GOLDS in row else {}  # what was sampled is all that is learned
                kept.append({**row, "id": name, gold: answer, **others})
    if not kept:
        why = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
        raise UserError(f"no sample is left to learn from ({why or 'there are no answers'}); ask for a lower score")
    return kept, dict(left_out)


def _reason(
    line: Json,
    given: Collection[str],
    row: Json,
    scores: Mapping[Key, float],
    key: Key,
    at_least: float | None,
    held: Collection[str],
) -> str | None:
    """Return why an answer is left out, None where it is kept."""
    if row.get(UNIT) in held:
        return HELD
    if not was_asked(line):
        return UNASKED
    if not line["answer"].strip():
        return EMPTY
    if at_least is not None and scores[key] < at_least:
        return LOW
    return AGAIN if line["answer"] in given else None
