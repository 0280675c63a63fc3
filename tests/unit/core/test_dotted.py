"""What is loaded by name: it is there, or the nearest name is told."""

import sys

import pytest

from kotune.core.dotted import loaded
from kotune.core.errors import UserError


def test_a_name_is_what_stands_in_its_module():
    from kotune.core.errors import nearest

    assert loaded("kotune.core.errors.nearest") is nearest


@pytest.mark.parametrize(
    ("dotted", "message"),
    [
        ("kotune.core.errors.nearst", "'kotune.core.errors' has no 'nearst'; did you mean 'nearest'"),
        ("kotune.core.mistakes.nearest", "there is no module 'kotune.core.mistakes'; check the dotted name"),
    ],
)
def test_a_name_that_is_not_there_is_told(dotted, message):
    with pytest.raises(UserError, match=message):
        loaded(dotted)


def test_a_library_that_a_module_wants_is_no_wrong_name(tmp_path, monkeypatch):
    (tmp_path / "wanting.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        loaded("wanting.thing")
    sys.modules.pop("wanting", None)
