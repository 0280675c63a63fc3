"""Two columns on a terminal: what stands on it in the end, and that nothing above them is touched."""

import random
import re

import pytest

from kotune.printing.columns import Columns, cells, column_width, wrapped


class Terminal:
    """What a terminal shows of what it is sent: returns, line breaks, cursor up, clear to the end of the line."""

    def __init__(self):
        self.rows, self.row, self.column, self.highest = [""], 0, 0, 0

    def send(self, text):
        for part in re.findall(r"\x1b\[\d*[AK]|\r|\n|[^\x1b\r\n]+", text):
            if part == "\r":
                self.column = 0
            elif part == "\n":
                self.row, self.column = self.row + 1, 0
                self.rows += [""] * (self.row + 1 - len(self.rows))
            elif part.endswith("A"):
                self.row -= int(part[2:-1])
                assert self.row >= self.highest, "drawn over what is not its own"
            elif part.endswith("K"):
                self.rows[self.row] = self.rows[self.row][: self.column]
            else:
                assert self.column == 0
                self.rows[self.row], self.column = part, len(part)


def test_a_syllable_takes_two_cells():
    assert cells("가나 ab") == 7
    assert cells("\u1112\u1161\u11ab") == 2, "letters that join take the cells of the syllable"
    assert cells("e\u0301") == 1


def test_lines_break_at_spaces_and_never_within_a_syllable():
    assert wrapped("가나다 라마", 9) == ["가나다", "라마"]
    assert wrapped("가나다라마", 5) == ["가나", "다라", "마"]
    assert wrapped("가\n\n나", 8) == ["가", "", "나"]
    assert wrapped("", 8) == [""]


def test_columns_are_as_wide_as_the_terminal_allows():
    assert column_width(81, 2) == 38
    assert column_width(40, 2) is None and column_width(200, 1) is None


@pytest.mark.parametrize("seed", range(8))
def test_both_texts_stand_side_by_side_in_the_end(seed):
    rng = random.Random(seed)
    texts = [
        "".join(rng.choices("가나다 ab\n", [5, 5, 5, 4, 2, 2, 0.5], k=rng.randrange(1, 150))).strip() for _ in "ab"
    ]
    columns, terminal = Columns(["base", "tuned"], 14), Terminal()
    terminal.send("above\n")
    terminal.highest = 1
    terminal.send(columns.begin())
    left = [list(text) for text in texts]
    while (place := columns.behind()) is not None:
        if left[place]:
            terminal.send(columns.add(place, left[place].pop(0)))
        else:
            terminal.send(columns.end(place))
    terminal.send("below")
    lines = [wrapped(text, 14) for text in texts]
    shown = [row.split(" │") for row in terminal.rows[3:-1]]
    assert terminal.rows[0] == "above" and terminal.rows[-1] == "below"
    assert len(shown) == max(map(len, lines))
    for place, own in enumerate(lines):
        found = [row[place].strip() if place < len(row) else "" for row in shown]
        assert found == [line.strip() for line in own] + [""] * (len(shown) - len(own))


def test_who_is_behind_goes_on_so_that_few_lines_are_drawn_again():
    columns = Columns(["a", "b"], 10)
    highest = 0
    for _ in range(400):
        columns.add(columns.behind(), "가 ")
        highest = max(highest, columns.drawn)
    assert highest <= 2
