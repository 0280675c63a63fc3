"""Ids of a mixture's rows."""

from kotune.rows.mixed_ids import copied, part_of


def test_an_id_names_its_part_and_a_copy_its_number():
    assert [copied("a:t0.1", copy) for copy in (1, 2)] == ["a:t0.1", "a:t0.1#2"]
    assert part_of("guanaco:row:1#2") == "guanaco"
