"""Published numbers are quoted as they were printed; only models that are themselves differ from them."""

from __future__ import annotations

from kotune.report.gather.published import document_of
from kotune.report.view import Report


def test_the_published_numbers_are_quoted_as_they_were_printed(plain):
    numbers = plain.numbers
    start = "econ-qa.published"
    assert numbers[f"{start}.before.NousResearch/Nous-Hermes-2-SOLAR-10.7B"]["text"] == "84.3"
    assert numbers[f"{start}.after.rtzr/ko-gemma-2-9b-it"]["text"] == "89.1"
    assert numbers[f"{start}.ensemble.majority_then_f1"]["text"] == "90.2"
    assert [numbers[f"{start}.votes.{one}.rows"]["value"] for one in ("3:0:0", "2:1:0", "1:1:1")] == [1087, 322, 98]
    assert all(entry["mark"] == "SEEN" for key, entry in numbers.items() if key.startswith(start))


def test_stand_ins_have_no_difference_to_what_was_published(hostile):
    assert not [key for key in hostile.numbers if "published" in key and "diff" in key]


def test_a_difference_is_ours_minus_theirs_in_points(real):
    numbers = real.numbers
    ours = numbers["econ-qa.base.tiny-gemma2.test.char_f1"]
    found = numbers["econ-qa.published.before.rtzr/ko-gemma-2-9b-it.difference"]
    assert found["text"] == f"{100 * ours['value'] - 74.6:+.1f}"
    assert "config/published/econ-qa.yaml" in found["records"]
    assert set(ours["records"]) <= set(found["records"])


def test_a_study_that_names_no_publication_has_none(plain):
    settings = {**plain.settings, "published": None}
    assert document_of(Report(settings, plain.study)) == {}
