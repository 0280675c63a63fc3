"""DPO goes on from an arm's adapter, which is its reference: to the last digit at the start, and to the end."""

import dataclasses
import math

import pairs
import polars
import pytest
import torch
from safetensors.torch import load_file
from tiny_model import write_prompts

from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl, write_json
from kotune.models import adapters, loading
from kotune.training import recipes
from kotune.training.build import build, run
from kotune.training.counts import Counts
from kotune.training.methods import dpo
from kotune.training.train import train

WEIGHTS = "adapter_model.safetensors"


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The order of the training that is the reference, done."""
    return pairs.started(tmp_path_factory.mktemp("first"))


def built(order):
    """Return the trainer of an order, which has not begun, and its pairs."""
    config = recipes.trainer_config(order.recipe, order.folder, 42, "cpu", False)
    tokenizer = loading.load_tokenizer(order.model)
    rows = dpo.read_rows(order.recipe, {"train": order.prompts}, tokenizer, config)
    return build(order, config, rows, tokenizer, Counts(), "cpu").trainer, rows["train"]


def log_probabilities(model, prompts, completions):
    """Return the summed log-probability of each completion behind its prompt, one row at a time."""
    found = []
    for prompt, completion in zip(prompts, completions, strict=True):
        ids = torch.tensor([prompt + completion])
        with torch.no_grad():
            scores = model(input_ids=ids).logits.float().log_softmax(-1)[0, len(prompt) - 1 : -1]
        found.append(scores.gather(1, ids[0, len(prompt) :, None]).sum().item())
    return found


def of_adapter(order, folder):
    """Return the base with an adapter's files on it, as it is answered with."""
    loaded = loading.load_model(order.model, order.recipe["quantization"], order.compute)
    return adapters.put_on(loaded.model, folder, order.model["path"]).eval()


def sides(rows):
    return [ids[len(prompt) :] for ids, prompt in zip(rows.ids, rows.prompts(), strict=True)], rows.rejected


def test_the_first_loss_is_the_logarithm_of_two(first, tmp_path):
    order = pairs.preferring(first, tmp_path / "run", {"logging_steps": 1, "save_steps": 1, "max_steps": 2})
    train(order)
    line = read_jsonl(order.folder / "curve.jsonl")[0]
    assert line["loss"] == pytest.approx(math.log(2), abs=1e-6)
    assert line["rewards/chosen"] == line["rewards/rejected"] == line["rewards/margins"] == 0


def test_the_reference_is_the_arm_that_it_starts_from_and_stays_it(first, tmp_path):
    order = pairs.preferring(first, tmp_path / "run", {"learning_rate": 1e-2})
    trainer, rows = built(order)
    frozen = of_adapter(first, first.folder)
    want = [log_probabilities(frozen, rows.prompts(), side) for side in sides(rows)]
    batch = trainer.data_collator(list(rows.dataset()))
    for trained in (False, True):
        if trained:
            run(trainer, None, order.folder)
        found = trainer.compute_ref_log_probs(trainer.model, dict(batch))
        for side, of_side in zip(found, want, strict=True):
            assert side.tolist() == pytest.approx(of_side, abs=1e-4)
    policy = log_probabilities(trainer.model.eval(), rows.prompts(), sides(rows)[0])
    assert max(abs(one - other) for one, other in zip(policy, want[0], strict=True)) > 0.1, "the policy has moved"
    base = loading.load_model(first.model, None, first.compute).model
    plain = log_probabilities(base, rows.prompts(), sides(rows)[0])
    assert max(abs(one - other) for one, other in zip(plain, want[0], strict=True)) > 0.1, "it is not the base"


@pytest.mark.parametrize("four_bits", [False, True])
def test_a_step_of_a_millionth_moves_the_adapter(first, tmp_path, monkeypatch, four_bits):
    load = loading.load_model

    def as_on_a_gpu(*args):
        loaded = load(*args)
        loaded.model.is_loaded_in_4bit = four_bits  # for which TRL makes the policy bfloat16
        return loaded

    monkeypatch.setattr(loading, "load_model", as_on_a_gpu)
    order = pairs.preferring(first, tmp_path / "run", {"learning_rate": 1e-6, "max_steps": 2, "save_steps": 2})
    trainer, _ = built(order)
    tuned = {name: one for name, one in trainer.model.named_parameters() if one.requires_grad}
    assert {one.dtype for one in tuned.values()} == {torch.float32} and all(".default." in name for name in tuned)
    before = {name: one.detach().clone() for name, one in tuned.items()}
    held = load_file(first.folder / WEIGHTS)
    for name, one in trainer.model.named_parameters():
        if "lora_" in name:
            side = ".default" if ".default." in name else ".ref"
            assert torch.equal(one, held[name.replace(side, "")]), "both begin with the file's digits"
    run(trainer, None, order.folder)
    for part in ("lora_A", "lora_B"):
        moved = sum(int((tuned[name] != one).sum()) for name, one in before.items() if part in name)
        assert moved > 0.95 * sum(one.numel() for name, one in before.items() if part in name)


def test_what_is_written_is_the_policy_alone_and_loads_as_its_readme_says(first, tmp_path, monkeypatch):
    order = pairs.preferring(first, tmp_path / "run")
    train(order)
    folder = order.folder
    assert not (folder / "ref").exists() and not list(folder.glob("checkpoint-*"))
    trainer, rows = built(dataclasses.replace(order, folder=tmp_path / "again"))
    run(trainer, None, tmp_path / "again")
    want = [log_probabilities(trainer.model.eval(), rows.prompts(), side) for side in sides(rows)]
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert "holds all that the adapter it goes on from had learned: load it alone" in " ".join(page.split())
    code = page.partition("```python\n")[2].partition("```")[0]
    monkeypatch.chdir(folder)
    (folder / order.model["name"]).symlink_to(order.model["path"])
    scope = {}
    exec(code, scope)
    found = [log_probabilities(scope["model"], rows.prompts(), side) for side in sides(rows)]
    for of_side, right in zip(found, want, strict=True):
        assert of_side == pytest.approx(right, abs=1e-4)


def test_the_curve_has_both_sides_and_the_record_counts_pairs_and_tokens(first, tmp_path):
    order = pairs.preferring(first, tmp_path / "run", {"per_device_train_batch_size": 12, "max_steps": 4})
    train(order)
    lines = read_jsonl(order.folder / "curve.jsonl")
    assert all(set(dpo.LOGGED) <= line.keys() for line in lines)
    assert lines[-1]["rewards/margins"] > lines[0]["rewards/margins"], "it learns to tell the sides apart"
    assert lines[-1]["rewards/accuracies"] > 0.5
    record = read_json(order.folder / "record.json")
    table = polars.read_parquet(order.prompts)
    whole = int(table["completion_tokens"].sum() + table["rejected_tokens"].sum())
    assert record["found"]["rows"] == {"train": 12}
    assert record["found"]["target_tokens"] == lines[-1]["target_tokens"] == 4 * whole, "each step has all pairs"
    assert record["cost"]["tokens"] == 4 * (whole + 2 * int(table["prompt_tokens"].sum()))
    assert lines[0]["lengths/rejected"] == pytest.approx(table["rejected_tokens"].mean())
    assert set(record["with"]["files"]) >= {"from", "prompts"}


@pytest.mark.parametrize("strategy", ["random", "group_by_length"])
@pytest.mark.parametrize("killed_at", [2, 3])
def test_a_killed_training_ends_with_the_same_bytes(first, tmp_path, monkeypatch, killed_at, strategy):
    way = {"train_sampling_strategy": strategy, "per_device_train_batch_size": 5}
    whole = pairs.preferring(first, tmp_path / "whole", way)
    train(whole)
    order = dataclasses.replace(whole, folder=tmp_path / "killed")
    count = 0

    def told(self):
        nonlocal count
        count += 1
        return count == killed_at

    monkeypatch.setattr("kotune.training.stopping.Stop.wanted", told)
    with pytest.raises(SystemExit):
        train(order)
    monkeypatch.undo()
    train(order)
    for name in (WEIGHTS, "curve.jsonl"):
        assert (order.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name
    assert read_json(order.folder / "record.json")["found"]["resumed_from"] == killed_at


def test_an_evaluation_is_over_pairs_however_they_are_put_into_batches(first, tmp_path):
    def evaluated(size):
        way = {"eval_strategy": "steps", "eval_steps": 2, "max_steps": 2, "per_device_eval_batch_size": size}
        way["train_sampling_strategy"] = "group_by_length"
        order = pairs.preferring(first, tmp_path / f"run-{size}", way)
        train(dataclasses.replace(order, valid=order.prompts))
        lines = read_jsonl(order.folder / "curve.jsonl")
        return {key: value for line in lines if "eval_loss" in line for key, value in line.items()}

    whole, parted = evaluated(12), evaluated(5)
    assert set(whole) >= {"eval_loss", *(f"eval_{name}" for name in dpo.LOGGED)}
    assert parted == pytest.approx(whole, rel=1e-4, abs=1e-5)


def test_layers_without_a_needless_mask_give_the_same_loss(first, tmp_path):
    trainer, rows = built(pairs.preferring(first, tmp_path / "run"))
    trainer.model.eval()
    batch = trainer.data_collator(list(rows.dataset()))
    with torch.no_grad():
        masked = trainer.compute_loss(trainer.model, dict(batch))
        seen = []
        dpo.drop_needless_masks(trainer.model)
        trainer.model.base_model.register_forward_pre_hook(
            lambda _, args, given: seen.append(set(given)), with_kwargs=True
        )
        bare = trainer.compute_loss(trainer.model, dict(batch))
    assert bare.item() == pytest.approx(masked.item(), abs=1e-5)
    assert len(seen) == 2 and all("position_ids" in given and "attention_mask" not in given for given in seen)


def test_a_gradient_that_is_no_number_stops_it_and_names_pairs(first, tmp_path):
    order = pairs.preferring(first, tmp_path / "run")
    trainer, rows = built(order)
    ids = torch.tensor([rows.ids[3]])
    trainer.step.add({"input_ids": ids, "attention_mask": torch.ones_like(ids)})
    with pytest.raises(UserError, match=rf"gradient is not a number at step 1.*{rows.names[3]}"):
        trainer.step.end(math.nan, 1, skipped=False)


def test_what_it_cannot_do_is_one_clear_error(first, tmp_path):
    order = pairs.preferring(first, tmp_path / "run")
    for change, message in (
        ({"adapter": None}, "recipe.method: dpo goes on from an arm's adapter; give --adapter"),
        ({"recipe": {**order.recipe, "loss": "all"}}, "recipe.loss: 'all' is for sft"),
        ({"recipe": {**order.recipe, "passes": {"layers": "fused"}}}, "recipe.passes: fused layers .* are for sft"),
        ({"prompts": first.prompts}, "no column 'rejected': its rows are no pairs"),
    ):
        with pytest.raises(UserError, match=message):
            train(dataclasses.replace(order, **change))
    with pytest.raises(UserError, match="sync_ref_model: a recipe cannot set it: the reference is the arm"):
        train(pairs.preferring(first, tmp_path / "run", {"sync_ref_model": True}))
    with pytest.raises(UserError, match=r"max_length: 30 would cut \d+ of 12 pairs"):
        train(pairs.preferring(first, tmp_path / "run", {"max_length": 30}))


@pytest.mark.parametrize("begin", ["pissa", "pissa_niter_4", "olora"])
def test_an_adapter_that_changed_its_base_is_refused_by_name(first, tmp_path, begin):
    folder = tmp_path / "adapter"
    folder.mkdir()
    for path in first.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    config = read_json(folder / "adapter_config.json")
    write_json(folder / "adapter_config.json", {**config, "init_lora_weights": begin})
    order = dataclasses.replace(pairs.preferring(first, tmp_path / "run"), adapter=folder)
    with pytest.raises(UserError, match=f"the adapter began with '{begin}' .lora.init_lora_weights., which changes"):
        train(order)


def test_an_adapter_of_dpo_can_be_trained_on(first, tmp_path):
    second = pairs.preferring(first, tmp_path / "second")
    train(second)
    third = dataclasses.replace(pairs.preferring(first, tmp_path / "third"), adapter=second.folder)
    train(third)
    held = load_file(third.folder / WEIGHTS)
    assert held.keys() == load_file(first.folder / WEIGHTS).keys()


def test_rows_without_pairs_are_no_pairs(first, tmp_path):
    path = write_prompts(tmp_path / "train.parquet", first.model, 4)
    with pytest.raises(UserError, match="its rows are no pairs"):
        train(dataclasses.replace(pairs.preferring(first, tmp_path / "run"), prompts=path))
