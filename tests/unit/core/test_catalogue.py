"""The configuration is read and checked: a mistake is named with its file, its key and the nearest that is known."""

import pytest

from kotune.core.catalogue import check, configuration_at, entry, named, present, read_yaml
from kotune.core.errors import UserError
from kotune.core.names import ROOT

MODELS = read_yaml(ROOT / "config/models.yaml")["models"]


def test_a_broken_file_is_named_with_its_line(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text("title: x\narms: [base\nseeds: 1\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"study\.yaml, line 3: not YAML"):
        read_yaml(path)
    with pytest.raises(UserError, match=r"none\.yaml: cannot read, it does not exist"):
        read_yaml(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"rank": 8}, "key 'lora': unknown key 'rank'"),
        ({"lora_alhpa": 8}, "unknown key 'lora_alhpa'; did you mean 'lora_alpha'"),
        ({"r": "six"}, "key 'lora.r': 'six' is of type str, it must be of type integer"),
        ({"bias": "nnoe"}, "key 'lora.bias': 'nnoe' is not one of the values it can take; did you mean 'none'"),
        ({"r": None}, "None is of type NoneType"),
        ({"r": "six", "rank": 8}, "'six' is of type str.*; .*|unknown key 'rank'.*; .*"),  # all faults at once
    ],
)
def test_a_fault_is_said_in_the_users_terms(changes, fault):
    shipped = read_yaml(ROOT / "config/recipes/qlora-r6.yaml")
    check(shipped, "recipe", "config/recipes/own.yaml")
    with pytest.raises(UserError, match=f"^config/recipes/own.yaml: .*{fault}"):
        check({**shipped, "lora": {**shipped["lora"], **changes}}, "recipe", "config/recipes/own.yaml")


def test_a_missing_key_is_named():
    shipped = read_yaml(ROOT / "config/recipes/qlora-r6.yaml")
    lora = {key: value for key, value in shipped["lora"].items() if key != "r"}
    with pytest.raises(UserError, match="own: key 'lora': missing 'r'"):
        check({**shipped, "lora": lora}, "recipe", "own")


def test_a_file_of_the_configuration_is_found_by_its_name(tmp_path):
    assert named("recipes", "qlora-r6", "recipe")["lora"]["r"] == 6
    with pytest.raises(UserError, match=r"config/recipes/: no file 'qlora-r7.yaml'; did you mean 'qlora-r6'"):
        named("recipes", "qlora-r7", "recipe")
    with pytest.raises(UserError, match=r"config/recipes/: no file 'qlora-r6.yaml'$"):
        named("recipes", "qlora-r6", "recipe", tmp_path)


def test_an_entry_that_is_not_there_is_named_with_who_asked_for_it():
    assert entry({"a": {"x": 1}}, "a", "model", "study.yaml") == {"x": 1}
    with pytest.raises(UserError, match="study.yaml: unknown model 'gema'; did you mean 'gemma'"):
        entry({"gemma": {}}, "gema", "model", "study.yaml")


def test_a_path_that_is_not_there_is_answered_with_the_nearest_in_its_folder(tmp_path):
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows/train.csv").write_text("id\n")
    (tmp_path / "open.zip").write_bytes(b"PK")
    present(tmp_path / "rows/train.csv", "the rows")
    present(tmp_path / "open.zip" / "train.csv", "the rows")  # a file in an archive: its reader looks
    with pytest.raises(UserError, match=r"the rows: there is no 'tran.csv' in .*rows; did you mean 'train.csv'"):
        present(tmp_path / "rows/tran.csv", "the rows")
    with pytest.raises(UserError, match="there is no 'zzzz' in .*; check the path"):
        present(tmp_path / "zzzz" / "train.csv", "the rows")


def test_the_configuration_is_what_its_three_files_hold_together(tmp_path):
    (tmp_path / "config").mkdir()
    for name, text in {"config": "seeds: [1]", "models": "models: {a: {}}", "datasets": "datasets: {b: {}}"}.items():
        (tmp_path / f"config/{name}.yaml").write_text(text, encoding="utf-8")
    assert configuration_at(tmp_path) == {"seeds": [1], "models": {"a": {}}, "datasets": {"b": {}}}


def test_a_file_in_another_encoding_is_named_with_its_line(tmp_path):
    (tmp_path / "x.yaml").write_bytes("title: a\nnote: 한국어\n".encode("cp949"))
    with pytest.raises(UserError, match=r"x.yaml, line 2: not UTF-8 .*; save the file as UTF-8"):
        read_yaml(tmp_path / "x.yaml")


def test_a_link_that_leads_nowhere_and_a_path_with_braces_are_named(tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(UserError, match=r"link.csv: rows: a link to .*gone.csv, which is not there; mend the link"):
        present(tmp_path / "link.csv", "rows")
    (tmp_path / "a{0}.csv").touch()
    with pytest.raises(
        UserError, match=r"a\{0\}.csv: rows: a path with braces, which the workflow takes for wildcards"
    ):
        present(tmp_path / "a{0}.csv", "rows")


def test_a_key_that_stands_twice_is_named_with_both_lines(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("lora:\n  r: 6\n  lora_alpha: 8\n  r: 64\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"recipe.yaml, line 4: .*the key 'r' stands twice, first in line 2"):
        read_yaml(path)
    path.write_text("a: &a {x: 1}\nb: {<<: *a, x: 2}\n", encoding="utf-8")  # what is merged in may be replaced
    assert read_yaml(path)["b"] == {"x": 2}
