"""Make files in the layout and of the size of DACON 236291, whose own rows may not be redistributed.

Train, test and sample as a competition hands them out, loose or as open.zip; also by hand:
``python tests/helpers/dacon_rows.py FOLDER``. Every word is drawn by dice: nothing here is anybody's article. What is known to
trouble readers of such files is in them: line breaks and quotation marks within cells, leading spaces, cells that say NA
or None, empty answers, doubled rows, several questions on an article, articles far over the usual length.
"""

from __future__ import annotations

import csv
import io
import random
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

TRAIN_ROWS, TEST_ROWS = 33_716, 1_507
WORDS = [
    "금리가", "물가는", "수출이", "반도체", "매출은", "지난해", "대비", "12.5%", "늘었다", "줄었다", "회사는", "정부가", "밝혔다",
    "‘ESG’", "“동행”", "1,200억원", "3조2000억원", "시장에서는", "전망했다", "투자", "공장", "지역화폐", "창업", "고용", "NA",
    "None", "null", "부동산", "환율은", "올랐다", "㈜한빛",
]  # fmt: skip
BREAKS = ("\n", "\n\n", " \n", '"인용", ')
ANSWERS = ("12.5%", "3조2000억원", "NA", "None", "nan", "반도체", "정부", "‘ESG’", 'I-"파워"', "지난해, 대비", "007")
SAMPLE_ANSWER = ""


def _context(dice: random.Random, number: int) -> str:
    """Return an article of a length that differs widely: about one in six is longer than 1,300 characters."""
    words = int(min(4000, max(15, dice.lognormvariate(5.09, 0.57))))
    parts = dice.choices(WORDS, k=words)
    for place in range(0, words, 40):
        parts[place] += dice.choice(BREAKS)
    return f" {' '.join(parts)} ({number})" if number % 7 == 0 else f"{' '.join(parts)} ({number})"


def _rows(dice: random.Random, name: str, count: int, first: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield (id, context, question, answer): one to six questions an article, some rows doubled, some answers empty."""
    number, article, context, row = 0, first, "", ("", "", "")
    while number < count:
        context, article = _context(dice, article), article + 1
        for asked in range(min(dice.randint(1, 6), count - number)):
            if not (number and dice.random() < 0.004):
                answer = "" if dice.random() < 0.003 else dice.choice(ANSWERS)
                row = (context, f"{dice.choice(WORDS)} {asked + 1}번째로 얼마인가{'?' * (number % 2)}", answer)
            yield f"{name}_{number:05d}" if name == "TRAIN" else f"{name}_{number:04d}", *row
            number += 1


def _text(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def texts(train: int = TRAIN_ROWS, test: int = TEST_ROWS, seed: int = 236291) -> dict[str, str]:
    """Return train.csv, test.csv and sample_submission.csv as texts."""
    dice = random.Random(seed)
    labelled = list(_rows(dice, "TRAIN", train, 0))
    asked = list(_rows(dice, "TEST", test, 10**6))
    return {
        "train.csv": _text(("id", "context", "question", "answer"), labelled),
        "test.csv": _text(("id", "context", "question"), [row[:3] for row in asked]),
        "sample_submission.csv": _text(("id", "answer"), [(row[0], SAMPLE_ANSWER) for row in asked]),
    }


def loose(folder: Path, made: dict[str, str], encoding: str = "utf-8-sig") -> Path:
    """Write the three files to a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_bytes(text.encode(encoding))
    return folder


def archived(path: Path, made: dict[str, str], encoding: str = "utf-8-sig") -> Path:
    """Write the three files as an archive and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in made.items():
            archive.writestr(name, text.encode(encoding))
    return path


if __name__ == "__main__":
    print(archived(Path(sys.argv[1]) / "open.zip", texts()))
