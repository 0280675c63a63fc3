"""A mixture: duplicates within and across parts, instructions by a row's id, copies, shares, and what is told of it."""

import mixed_parts
from mixed_parts import TEXT, plain, settings

from kotune.curation.mixture import mixed


def by_id(rows, column):
    return dict(zip(rows["id"].to_list(), rows[column].to_list(), strict=True))


def test_each_row_says_where_it_is_from_and_what_was_done_to_it(tmp_path):
    rows, document = mixed(settings(tmp_path))
    assert rows.height == document["rows"] == 80
    assert rows["tokens"].sum() == document["tokens"] > 0
    row = rows.filter(rows["part"] == "spoken").to_dicts()[0]
    assert (row["source_id"], row["source_row"]) == ("g0", 1)
    assert "conversation parted" in row["transform"]
    inserted = rows.filter(rows["transform"].str.contains("instruction inserted"))
    assert inserted["system"].unique().to_list() == [TEXT]
    assert set(inserted["part"]) == {"plain", "spoken"}
    assert [part["shares"]["rows"] for part in document["parts"]] == [30 / 80, 30 / 80, 20 / 80]


def test_the_same_rows_get_an_instruction_whatever_else_is_mixed(tmp_path):
    whole, _ = mixed(settings(tmp_path))
    alone, document = mixed(settings(tmp_path, parts=mixed_parts.parts(tmp_path)[:1]))
    assert by_id(alone, "system").items() <= by_id(whole, "system").items()
    assert 0 < document["parts"][0]["inserted"] < 30
    other, _ = mixed(settings(tmp_path, parts=mixed_parts.parts(tmp_path)[:1], seed=7))
    assert by_id(other, "system") != by_id(alone, "system")


def test_a_row_with_a_system_text_of_its_own_keeps_that(tmp_path):
    columns = {name: name for name in ("instruction", "output", "system")}
    given = {"plain": [row | {"system": "짧게."} for row in plain(5)]}
    parts = [mixed_parts.parts(tmp_path, given)[0] | {"columns": columns}]
    rows, document = mixed(settings(tmp_path, given, parts=parts))
    assert rows["system"].to_list() == ["짧게."] * 5
    assert document["parts"][0]["inserted"] == 0


def test_duplicates_are_left_out_within_a_part_and_across_two(tmp_path):
    again = {"id": "t0.99", "instruction": "사과  0번은 무엇입니까? ", "input": "", "output": "0입니다. 사과"}
    rows = {"plain": [*plain(5), plain(5)[2]], "translated": [*mixed_parts.translated(4), again]}
    mix, document = mixed(settings(tmp_path, rows))
    assert "translated:t0.99" not in mix["id"].to_list() and "plain:row-000006" not in mix["id"].to_list()
    assert document["duplicates"] == [
        {"part": "plain", "of": "plain", "exact": 1, "near": 0},
        {"part": "translated", "of": "plain", "exact": 1, "near": 0},
    ]
    splits = document["excluded"]["exact duplicate of an earlier row"]["splits"]
    assert splits == {"plain": 1, "translated": 1}


def test_near_duplicates_are_left_out_where_the_mixture_asks(tmp_path):
    long = "세종대왕이 훈민정음을 만든 까닭은 백성이 글을 쉽게 익히게 하려는 것이었고, 그 뜻은 서문에 적혀 있습니다."
    first = {"instruction": "훈민정음은 왜 만들었습니까?", "output": long, "url": ""}
    rows = {"plain": [first, first | {"output": long + "!"}, *plain(3)]}
    assert mixed(settings(tmp_path, rows))[0].filter(part="plain").height == 5
    found, document = mixed(settings(tmp_path, rows, near=0.8))
    assert found.filter(part="plain").height == 4
    assert document["excluded"]["nearly an earlier row"]["ids"] == ["plain:row-000002"]


def test_a_weight_above_one_gives_copies_that_say_so(tmp_path):
    parts = mixed_parts.parts(tmp_path)
    rows, document = mixed(settings(tmp_path, parts=[parts[0] | {"weight": 2}, parts[1]]))
    ids = rows["id"].to_list()
    assert len(set(ids)) == len(ids) == 90
    copies = rows.filter(rows["transform"].str.contains("copy"))
    assert copies.height == document["parts"][0]["copies"] == 30
    assert copies["id"][0] == "plain:row-000001#2"
    systems = by_id(rows, "system")
    assert systems["plain:row-000001"] == systems["plain:row-000001#2"], "a copy is the same row"


def test_shares_of_tokens_are_planned_where_weights_count_tokens(tmp_path):
    parts = mixed_parts.parts(tmp_path)
    _, document = mixed(settings(tmp_path, weights="tokens", parts=[parts[0] | {"weight": 0.5}, parts[1]]))
    first, second = document["parts"]
    assert first["planned"] == first["available"]["tokens"] / 2
    assert abs(first["shares"]["planned"] - first["shares"]["tokens"]) < 0.05
    assert second["tokens"] == second["available"]["tokens"]
