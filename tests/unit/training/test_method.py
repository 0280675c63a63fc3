"""A method is one module: it is found by its name, and a job's hash holds the one that its recipe names."""

import json
import shutil
import subprocess
import sys

import pytest
from tiny_model import CPU, RECIPE, make_model, write_prompts

from kotune.core.code_hash import code_hash, modules_of
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json
from kotune.training import method
from kotune.training.methods import sft

TOY = """
from kotune.training.methods import sft
from kotune.training.methods.sft import DEFAULTS, OWNED, check, config_class, fixed, read_rows, way

ARGUMENTS = {"word": {"type": "string"}}


def build(given):
    built = sft.build(given)
    built.notes = [*built.notes, "trained by a toy that says " + given.recipe["arguments"]["word"]]
    return built
"""


@pytest.fixture
def copy(tmp_path):
    """A copy of the scripts and the library, to add a method to."""
    shutil.copytree(ROOT / "scripts", tmp_path / "copy/scripts", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "copy"


def hashes(root):
    """Return the hash of each script, those of a training with the method of a recipe that names none."""
    also = {"train_adapter": method.modules_named({}), "rehearse_arm": method.modules_named({})}
    return {path.stem: code_hash(path, also.get(path.stem, ())) for path in sorted(root.glob("scripts/*.py"))}


@pytest.mark.slow
def test_a_method_that_is_added_trains_and_changes_no_other_job_s_hash(copy, tmp_path):
    before = hashes(copy)
    (copy / "scripts/kotune/training/methods/toy.py").write_text(TOY)
    assert hashes(copy) == before
    model = make_model(tmp_path / "model")
    trainer = {**RECIPE["trainer"], "max_steps": 2}
    recipe = {**RECIPE, "trainer": trainer, "method": "toy", "arguments": {"word": "hello"}}
    done = subprocess.run(
        [sys.executable, copy / "scripts/train_adapter.py", "--model", json.dumps(model), "--recipe",
         json.dumps(recipe), "--prompts", write_prompts(tmp_path / "train.parquet", model, 8), "--seed", "42",
         "--compute", json.dumps(CPU), "--adapter-dir", tmp_path / "adapter", "--label", "tiny/toy/seed42"],
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert read_json(tmp_path / "adapter/record.json")["found"]["notes"][-1] == "trained by a toy that says hello"
    assert (tmp_path / "adapter/adapter_model.safetensors").exists()


def test_a_changed_method_changes_the_hash_of_trainings_by_it_alone(copy):
    before = hashes(copy)
    module = copy / "scripts/kotune/training/methods/sft.py"
    module.write_text(module.read_text("utf-8").replace("CHUNK = 2048", "CHUNK = 4096"), encoding="utf-8")
    after = hashes(copy)
    assert [name for name in before if after[name] != before[name]] == ["rehearse_arm", "train_adapter"]


def test_no_import_statement_of_a_training_names_a_method():
    script = ROOT / "scripts/train_adapter.py"
    assert not [name for name in modules_of(script) if ".methods." in name]
    with_method = modules_of(script, method.modules_named({"method": "sft"}))
    assert [name for name in with_method if ".methods." in name] == ["kotune.training.methods.sft"]


def test_a_recipe_s_method_is_loaded_by_its_name():
    assert method.method_of({}) is method.method_of({"method": "sft"}) is sft
    with pytest.raises(UserError, match="recipe.method: unknown 'sfft'; did you mean 'sft'"):
        method.method_of({"method": "sfft"})


def test_every_method_has_what_a_method_has():
    wanted = ["ARGUMENTS", "OWNED", "DEFAULTS", "config_class", "fixed", "check", "read_rows", "way", "build"]
    for name in method.registered(method.METHODS):
        module = method.method_of({"method": name})
        assert not [one for one in wanted if not hasattr(module, one)], name


def test_an_argument_of_another_method_is_named_with_its_method():
    assert method.foreign({"method": "dpo", "trainer": {"beta": 0.1}}) is None
    assert method.foreign({"method": "sft", "trainer": {"learning_rate": 1}}) is None
    assert method.foreign({"method": "sft", "trainer": {"beta": 0.1}}).startswith(
        "trainer.beta: the method 'sft' has no such argument; it is one of dpo"
    )
    packed = method.foreign({"method": "dpo", "trainer": {"packing": True}})
    assert packed == "trainer.packing: the method 'dpo' has no such argument; it is one of sft"


def test_what_a_method_asks_of_its_arm_is_a_constant_that_it_need_not_have():
    assert method.asks({"method": "dpo"}, method.STARTS) and method.asks({"method": "dpo"}, method.PAIRS)
    assert not method.asks({"method": "sft"}, method.STARTS)
