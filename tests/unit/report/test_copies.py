"""The table of ways to split rows: the study's own in bold, shares with their intervals."""

from kotune.curation.copied_answers import counted
from kotune.report.copies import table


def test_each_way_is_a_row_and_the_studys_own_is_bold():
    told = counted(
        [("배가 고파", "밥을 드세요."), ("잠이 와", "쉬세요.")],
        [("배가 고파요", "밥을 드세요."), ("춥다", "옷을 입으세요.")],
    )
    made = table([{"by": "row", **told}, {"by": "answer", **told}], "answer")
    assert [row[0].strong for row in made.rows] == [False, True]
    assert [cell.text for cell in made.rows[0]] == [
        "row, at random",
        "2",
        "2",
        "2",
        "50.0 (9.5 to 90.5)",
        "50.0 (9.5 to 90.5)",
    ]
