"""All numbers of a study: each has a key, a text and records; equal inputs, equal bytes; a missing one is named."""

from __future__ import annotations

import fake_reports
import pytest

from kotune.core.errors import UserError
from kotune.printing.numbers import read_numbers


def test_a_missing_number_is_named_with_the_nearest(plain):
    numbers = read_numbers(plain.root / fake_reports.NUMBERS)
    with pytest.raises(
        UserError, match=r"numbers.json: there is no number 'econ-qa.qlora.tiny-gema2.test.char_f1'; did you"
    ):
        numbers["econ-qa.qlora.tiny-gema2.test.char_f1"]


def test_every_record_that_a_number_names_is_there(plain):
    scale = plain.study.parent
    for entries in (plain.numbers, plain.costs):
        for key, entry in entries.items():
            assert entry["records"], key
            for record in entry["records"]:
                root = plain.root if record.startswith(("resources/", "config/")) else scale
                assert (root / record).exists(), (key, record)


def test_the_folder_leaves_no_trace_in_the_numbers(plain, tmp_path):
    made = plain.copied(tmp_path / "other")
    made.gather()
    wanted = (plain.root / fake_reports.NUMBERS).read_bytes()
    assert (made.root / fake_reports.NUMBERS).read_bytes() == wanted
    first, *others = made.settings["models"]
    whole = fake_reports.Made(
        made.root, {**made.settings, "models": [{**first, "path": str(made.root / first["path"])}, *others]}
    )
    whole.gather()
    assert (made.root / fake_reports.NUMBERS).read_bytes() == wanted


def test_a_study_without_statistics_is_named(plain, tmp_path):
    made = plain.copied(tmp_path / "broken")
    made.change(f"{fake_reports.STUDY}/statistics.json", lambda statistics: statistics.pop("pairs"))
    with pytest.raises(UserError, match=r"statistics.json: there is no key 'pairs'"):
        made.gather()
