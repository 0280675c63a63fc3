"""Ids of a mixture's rows."""

import polars as pl

from kotune.rows.mixed_ids import copied, of_parts, part_of


def test_an_id_names_its_part_and_a_copy_its_number():
    assert [copied("a:t0.1", copy) for copy in (1, 2)] == ["a:t0.1", "a:t0.1#2"]
    assert part_of("guanaco:row:1#2") == "guanaco"


def test_rows_of_some_parts_keep_their_order():
    frame = pl.DataFrame({"id": ["b:1", "a:1#2", "ab:1", "a:2"]})
    assert of_parts(frame, ["a", "b"])["id"].to_list() == ["b:1", "a:1#2", "a:2"]
