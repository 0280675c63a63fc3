"""An arm that is taken home answers like itself, in each form; what cannot be taken home leaves nothing."""

import dataclasses
import json

import pytest
from taken_home import NF4, arm, family

from kotune.core.errors import UserError
from kotune.core.storage import read_json
from kotune.export import export, folder
from kotune.study.exports import FORMS


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return arm(tmp_path_factory.mktemp("home"), NF4)


def made(home, form, **changes):
    asked = dataclasses.replace(home, form=form, output=home.output.with_name(form), **changes)
    return asked, export.export(asked, asked.output.with_suffix(".json"))


@pytest.mark.parametrize("form", FORMS)
def test_each_form_reads_stops_and_answers_as_the_arm(home, form):
    asked, found = made(home, form)
    assert found["answers"]["agreement"] == 1 and not found["answers"]["loses"]
    assert found["answers"]["asked_again"] == (form != "adapter")
    assert found["checks"]["stops"] == ["<|im_end|>", "<|endoftext|>"]
    assert read_json(asked.output.with_suffix(".json"))["found"]["form"] == form
    assert "100.0 % of 4 answers to valid are the arm's" in (asked.output / "README.md").read_text(encoding="utf-8")
    names = {path.name for path in asked.output.iterdir()}
    assert ("Modelfile" in names) == form.startswith("gguf") and "read-back" not in names
    assert [path.name for path in asked.output.parent.glob(".*")] == []


def test_a_merged_folder_is_loaded_by_plain_transformers(home):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    asked, _ = made(home, "merged")
    tokenizer = AutoTokenizer.from_pretrained(asked.output)
    text = next(iter(asked.texts().values()))
    tokens = tokenizer(text, add_special_tokens=False, return_tensors="pt")
    model = AutoModelForCausalLM.from_pretrained(asked.output, dtype="float32")
    told = tokenizer.decode(model.generate(**tokens)[0, tokens.input_ids.shape[1] :], skip_special_tokens=True)
    assert told.strip() == json.loads(asked.answers.read_text(encoding="utf-8").splitlines()[0])["answer"]


def test_an_arm_that_is_not_trained_yet(home, tmp_path):
    order = dataclasses.replace(home.order, adapter=tmp_path / "nothing")
    with pytest.raises(UserError, match="the arm is not trained yet; train it first: snakemake it"):
        made(home, "merged", order=order)


def test_a_disk_that_fills_up_leaves_nothing(home, monkeypatch, tmp_path):
    def full(*_):
        raise RuntimeError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(folder, "write_generation", full)
    asked = dataclasses.replace(home, output=tmp_path / "exports/merged")
    with pytest.raises(UserError, match="the disk is full: free some space and run again"):
        export.export(asked, tmp_path / "merged.json")
    assert list((tmp_path / "exports").iterdir()) == [] and not (tmp_path / "merged.json").exists()


def test_a_prompt_that_ends_answers_elsewhere_than_the_family(home):
    generation = {**home.order.generation, "stop": ["<|endoftext|>"]}
    with pytest.raises(UserError, match=r"ends answers at <\|endoftext\|>, not at the family's <\|im_end\|>"):
        made(home, "merged", order=dataclasses.replace(home.order, generation=generation))


def test_an_arm_that_thinks_opens_its_answers_so_wherever_it_goes(home):
    thinking = dataclasses.replace(family(), answer_header="<|im_start|>assistant\n<think>\n")
    asked, _ = made(home, "gguf-f16", family=thinking)
    assert '{{ "<|im_start|>assistant\\n<think>\\n" }}"""' in (asked.output / "Modelfile").read_text(encoding="utf-8")
