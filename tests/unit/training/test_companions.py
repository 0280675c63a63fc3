"""Beside an adapter: its README's own lines load it, its stop list and template travel, and names do no harm."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path

import orders
import pytest
import resolve_selected
import torch
from plans import Job, plan_for
from tiny_model import RECIPE, make_model

from kotune.core.storage import read_json, sha256_of
from kotune.models import adapters, loading
from kotune.plan import choice, models
from kotune.training import companions, train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A training whose base is not quantized: its order, once it is done."""
    root = tmp_path_factory.mktemp("companions")
    (root / "model").mkdir()
    (root / "model/chat_template.jinja").write_text("{{ messages[0]['content'] }}", encoding="utf-8")
    recipe = {**RECIPE, "trainer": {**RECIPE["trainer"], "max_steps": 2}, "quantization": None}
    order = orders.training(root, recipe=recipe)
    train.train(order)
    return order


def python_of(folder: Path) -> str:
    return re.search(r"```python\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]


def loaded(order, tmp_path, monkeypatch):
    """Run the README's lines as they stand, in the adapter's folder, the base under its name beside them."""
    here = tmp_path / "elsewhere"
    here.mkdir()
    for path in order.folder.iterdir():
        (here / path.name).write_bytes(path.read_bytes())
    (here / order.model["name"]).symlink_to(order.model["path"])
    monkeypatch.chdir(here)
    names: dict = {}
    exec(python_of(here), names)
    return names["model"], names["tokenizer"]


def test_the_readme_s_lines_load_it_and_it_answers_as_in_the_house(trained, tmp_path, monkeypatch):
    ids = torch.arange(5, 25)[None]
    house = loading.load_model(trained.model, None, trained.compute).model
    house = adapters.put_on(house, trained.folder, trained.model["path"])
    expected = house.eval()(input_ids=ids).logits
    model, tokenizer = loaded(trained, tmp_path, monkeypatch)
    assert torch.equal(model(input_ids=ids).logits, expected)
    with model.disable_adapter():
        assert not torch.equal(model(input_ids=ids).logits, expected), "the adapter is on"
    stop = [tokenizer.convert_tokens_to_ids(token) for token in ("<end_of_turn>", "<eos>")]
    assert model.generation_config.eos_token_id == stop and not model.generation_config.do_sample
    assert tokenizer.chat_template == "{{ messages[0]['content'] }}"
    assert tokenizer("금리 상승").input_ids == loading.load_tokenizer(trained.model)("금리 상승").input_ids


def test_the_readme_s_lines_load_a_base_in_four_bits(tmp_path, monkeypatch):
    order = orders.training(tmp_path, recipe={**RECIPE, "trainer": {**RECIPE["trainer"], "max_steps": 2}})
    train.train(order)
    ids = torch.arange(5, 25)[None]
    house = loading.load_model(order.model, RECIPE["quantization"], order.compute).model
    expected = adapters.put_on(house, order.folder, order.model["path"]).eval()(input_ids=ids).logits
    model, _ = loaded(order, tmp_path, monkeypatch)
    assert model.base_model.model.is_loaded_in_4bit
    # bitsandbytes multiplies in 16 bits here, the house in 32: the same NF4 values
    found = model(input_ids=ids).logits.float()
    assert (found - expected).norm() / expected.norm() < 0.05


def test_the_adapter_of_a_selected_model_names_its_hub_id_at_full_scale(trained, tmp_path):
    plan = plan_for("context-qa", scale="full", data={"context-qa": "klue-mrc"})
    candidates = choice.selected(plan, Job(study="context-qa", part=models.MODEL))
    winner = sorted(candidates)[-1]
    (tmp_path / "candidates.json").write_text(json.dumps(candidates), encoding="utf-8")
    (tmp_path / "selection.json").write_text(json.dumps({"winner": {"model": winner}}), encoding="utf-8")
    words = ["--selection", "selection.json", "--candidates", "candidates.json", "--output", "model.json"]
    resolve_selected.main([str(tmp_path / word) if word.endswith(".json") else word for word in words])
    known = read_json(tmp_path / "model.json")
    assert known["hub_id"] and known["hub_id"] == plan.config["models"][winner]["hub_id"]
    base = tmp_path / "base"
    shutil.copytree(trained.model["path"], base)
    (base / "snapshot.json").write_text(json.dumps({"hub_id": known["hub_id"], "revision": "b" * 40, "files": {}}))
    # the files are a stand-in's, and so is what depends on them; the names are the winner's
    small = {name: trained.model[name] for name in ("required_tokens", "pad", "stop", "dtype", "attn_implementation")}
    model = {**known, **small, "path": str(base), "trust_remote_code": False}
    order = dataclasses.replace(trained, model=model, folder=tmp_path / "adapter", label="selected/qlora/seed42")
    train.train(order)
    config = read_json(order.folder / "adapter_config.json")
    assert (config["base_model_name_or_path"], config["revision"]) == (known["hub_id"], "b" * 40)
    assert f"from_pretrained({known['hub_id']!r}, revision='{'b' * 40}'" in python_of(order.folder)


def test_a_stand_in_is_named_and_pinned_without_a_path(trained):
    config = read_json(trained.folder / "adapter_config.json")
    weights = sha256_of(Path(trained.model["path"]) / "model.safetensors")
    assert (config["base_model_name_or_path"], config["revision"]) == ("tiny", f"sha256:{weights}")
    for path in trained.folder.iterdir():
        if path.suffix in (".md", ".json") and path.name != "record.json":
            assert str(Path(trained.model["path"]).parent) not in path.read_text(encoding="utf-8")


def test_a_hub_model_is_named_by_id_and_by_the_commit_that_was_downloaded(tmp_path):
    model = {**make_model(tmp_path / "model"), "hub_id": "org/base", "revision": "main"}
    (tmp_path / "model/snapshot.json").write_text(json.dumps({"hub_id": "org/base", "revision": "a" * 40, "files": {}}))
    assert companions.base_of(model) == ("org/base", "a" * 40)
    lines = "\n".join(companions.loading_lines(model, RECIPE["quantization"]))
    assert f"from_pretrained('org/base', revision='{'a' * 40}', dtype='float32'" in lines
    assert "BitsAndBytesConfig(**{'bnb_4bit_compute_dtype': 'float16', 'bnb_4bit_quant_type': 'nf4'" in lines


def test_a_base_made_of_a_gguf_file_is_named_by_that_file_and_not_by_the_hubs_weights(tmp_path):
    model = {**make_model(tmp_path / "model"), "hub_id": "org/base"}
    said = {"quantisation": "Q4_K_M", "file": "base-q4.gguf", "sha256": "a" * 64}
    (tmp_path / "model/snapshot.json").write_text(json.dumps({"hub_id": "org/base", "gguf": said, "files": {}}))
    assert companions.base_of(model) == (model["name"], f"sha256:{'a' * 64}")
    text = companions.readme(model, None, ["<eos>"], template=False)
    assert f"revision `sha256:{'a' * 64}`" in text and "from_pretrained('org/base'" not in text
    assert "dequantised from `Q4_K_M`, the GGUF file `base-q4.gguf`" in text and "not those of `org/base`" in text


def test_quantization_is_said(tmp_path):
    text = companions.readme(make_model(tmp_path / "model"), RECIPE["quantization"], ["<eos>"], template=False)
    assert (
        "bnb_4bit_quant_type=nf4" in text
        and "load_in_4bit=True" in text
        and "On another precision answers differ" in text
    )
    plain = companions.readme(make_model(tmp_path / "other"), None, ["<eos>"], template=False)
    assert "`float32, not quantized`" in plain and "BitsAndBytes" not in plain and "no chat template" in plain


def test_names_are_untrusted(tmp_path):
    name = "x`\n```\n<script>\"; import os #'\n# heading"
    text = companions.readme({**make_model(tmp_path / "model"), "name": name}, None, ["`a`\n"], template=True)
    assert [line for line in text.splitlines() if line.startswith(("```", "#"))] == [
        "# LoRA adapter for `x' ''' <script>\"; import os #' # heading`", "```python", "```"
    ]  # fmt: skip
    code = re.search(r"```python\n(.*?)```\n\Z", text, re.DOTALL)[1]
    assert repr(name) in code
    compile(code, "README.md", "exec")


def test_the_token_that_was_learned_ends_answers_too():
    assert companions.stops_of({"stop": ["a", "b"]}, "b") == ["a", "b"]
    assert companions.stops_of({"stop": ["a"]}, "c") == ["a", "c"]
    assert companions.stops_of({}, None) == []
