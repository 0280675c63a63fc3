"""What can be named in the configuration is what there is a module of, and a schema's list follows the folder."""

import sys

import pytest

from kotune.core import catalogue
from kotune.core.errors import UserError
from kotune.core.registry import module_of, registered


@pytest.fixture
def named(tmp_path, monkeypatch):
    """A package `named` with the modules `one` and `two`, and a dict of metrics in `two`."""
    folder = tmp_path / "named"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "one.py").write_text("NAME = 'the first'\n")
    (folder / "two.py").write_text("METRICS = {'b': 1, 'a': 2}\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "named"]:
        del sys.modules[name]


def test_a_package_holds_its_modules_and_a_dict_its_keys(named):
    assert registered("named") == ["one", "two"]
    assert registered("named.two:METRICS") == ["b", "a"]
    assert module_of("named", "one").NAME == "the first"


def test_a_schema_takes_its_list_from_the_registry_that_it_names(named, tmp_path, monkeypatch):
    (tmp_path / "toy.schema.yaml").write_text(
        "properties: {kind: {registry: named}, each: {items: {registry: named}}}\n"
    )
    monkeypatch.setattr(catalogue, "SCHEMAS", tmp_path)
    catalogue._validator.cache_clear()
    try:
        catalogue.check({"kind": "one", "each": ["two"]}, "toy", "a.yaml")
        with pytest.raises(UserError, match="a.yaml: key 'kind': 'tow' is not one of the values .* mean 'two'"):
            catalogue.check({"kind": "tow"}, "toy", "a.yaml")
    finally:
        catalogue._validator.cache_clear()


def test_a_closed_list_of_arguments_names_the_nearest():
    catalogue.check_keys({"beta": 0.1}, {"beta": {"type": "number"}}, "recipe.arguments")
    with pytest.raises(UserError, match="recipe.arguments: unknown key 'bata'; did you mean 'beta'"):
        catalogue.check_keys({"bata": 0.1}, {"beta": {"type": "number"}}, "recipe.arguments")
