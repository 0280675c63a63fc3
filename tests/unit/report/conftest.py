"""Results trees of a study with their numbers and tables; a test that changes one changes a copy."""

from __future__ import annotations

import fake_reports
import kept_results
import pytest


def _whole(folder, **how) -> fake_reports.Made:
    made = fake_reports.make(folder, **how)
    made.gather()
    made.make_tables()
    return made


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """A study of stand-ins whose wrong answers are full of markup."""
    return _whole(tmp_path_factory.mktemp("hostile"), hostile=True)


@pytest.fixture(scope="session")
def real(tmp_path_factory):
    """A study whose models are themselves, on a user's rows, with answers that marks cut."""
    return _whole(tmp_path_factory.mktemp("real"), own=True)


@pytest.fixture(scope="session")
def plain(tmp_path_factory):
    """A study of stand-ins, as it is."""
    return _whole(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="session")
def kept_plain(plain, tmp_path_factory):
    """The folder that keeps the plain study's results."""
    made = kept_results.with_settings(plain.copied(tmp_path_factory.mktemp("kept") / "tree"))
    folder = tmp_path_factory.mktemp("kept") / "econ-qa-of-five"
    kept_results.keep(made, folder)
    return folder
