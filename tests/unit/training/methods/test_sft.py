"""The loss is where the recipe says, and the ways to it give the same number."""

import dataclasses
from types import SimpleNamespace

import orders
import pytest
from tiny_model import make_model

from kotune.core.errors import UserError
from kotune.core.storage import read_jsonl
from kotune.models import loading
from kotune.prompts import encoding
from kotune.training import recipes, train
from kotune.training.build import build
from kotune.training.counts import Counts
from kotune.training.methods import sft


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    """What the trainings of this module are asked to do; ``folder`` is not made yet."""
    return orders.training(tmp_path_factory.mktemp("sft"), excluded=3)


def with_trainer(order, folder, **trainer):
    recipe = {**order.recipe, "trainer": {**order.recipe["trainer"], **trainer}}
    return dataclasses.replace(order, folder=folder, recipe=recipe)


def with_loss(order, folder, loss, **trainer):
    changed = with_trainer(order, folder, **trainer)
    return dataclasses.replace(changed, recipe={**changed.recipe, "loss": loss})


@pytest.mark.parametrize("packing", [False, True])
def test_loss_on_all_tokens_counts_no_padding_and_no_token_across_rows(order, tmp_path, packing):
    way = {"packing": True, "packing_strategy": "bfd", "max_length": 256} if packing else {}
    own = with_loss(order, tmp_path / "run", "all", gradient_checkpointing=False, **way)
    tokenizer = loading.load_tokenizer(own.model)
    rows = encoding.encode_rows(own.prompts, tokenizer, "all")
    config = recipes.trainer_config(own.recipe, own.folder, 42, "cpu", False)
    trainer = build(own, config, {"train": rows}, tokenizer, Counts(), "cpu").trainer
    learned = 0
    for batch in trainer.get_train_dataloader():
        labels, ids = batch["labels"], batch["input_ids"]
        scored = labels[:, 1:] != -100
        assert (labels[:, 1:][scored] == ids[:, 1:][scored]).all()
        assert (ids[:, 1:][scored] != tokenizer.pad_token_id).all()
        learned += int(scored.sum())
    assert learned == sum(len(one) - 1 for one in rows.ids), "all but each row's first, which follows nothing"


def test_loss_on_all_tokens_is_the_same_through_fused_layers(order, tmp_path):
    def curve(name: str, **way):
        asked = with_loss(order, tmp_path / name, "all", max_steps=2, eval_strategy="steps", eval_steps=2)
        lora = {**asked.recipe["lora"], "lora_dropout": 0.0}
        train.train(dataclasses.replace(asked, recipe={**asked.recipe, "lora": lora, **way}))
        lines = read_jsonl(tmp_path / name / "curve.jsonl")
        return [line[key] for line in lines for key in ("loss", "eval_loss", "target_tokens") if key in line]

    assert curve("fused", passes={"layers": "fused"}) == pytest.approx(curve("padded"), rel=1e-4)


def test_loss_that_is_unknown_or_cannot_go_with_the_packing(order, tmp_path):
    with pytest.raises(UserError, match="recipe.loss: unknown 'al'; did you mean 'all'"):
        train.train(with_loss(order, tmp_path / "run", "al"))
    with pytest.raises(UserError, match="recipe.trainer.packing_strategy: wrapped joins rows .* to bfd"):
        train.train(with_loss(order, tmp_path / "run", "all", packing=True, packing_strategy="wrapped"))


def test_the_loss_of_many_positions_is_that_of_all_at_once(order, tmp_path, monkeypatch):
    def trained(name: str):
        train.train(with_loss(order, tmp_path / name, "all", max_steps=2))
        return read_jsonl(tmp_path / name / "curve.jsonl")[0]

    whole = trained("whole")
    monkeypatch.setattr(sft, "CHUNK", 16)
    parts = trained("parts")
    for key in ("loss", "grad_norm"):
        assert parts[key] == pytest.approx(whole[key], rel=1e-4)


@pytest.mark.parametrize("kind", ["llama", "gemma2", "qwen2"])
@pytest.mark.parametrize("way", [{}, {"packing": True, "max_length": 512}], ids=["padded", "packed"])
def test_the_short_way_to_the_loss_is_trls_loss(order, tmp_path, kind, way, monkeypatch):
    import torch

    asked = with_trainer(order, tmp_path / "run", **way)
    own = dataclasses.replace(asked, model=make_model(tmp_path / kind, kind))
    tokenizer = loading.load_tokenizer(own.model)
    rows = encoding.encode_rows(own.prompts, tokenizer)
    config = recipes.trainer_config(own.recipe, own.folder, 42, "cpu", False)
    trainer = build(own, config, {"train": rows}, tokenizer, Counts(), "cpu").trainer
    trainer.model.eval()
    batch = next(iter(trainer.get_train_dataloader()))
    assert trainer.short_way()
    with torch.no_grad():
        short = trainer.compute_loss(trainer.model, dict(batch))
        monkeypatch.setattr(trainer, "short_way", lambda: False)
        long = trainer.compute_loss(trainer.model, dict(batch))
    assert short.item() == pytest.approx(long.item(), rel=1e-5)


def test_no_row_is_cut_in_silence(order, tmp_path):
    message = r"max_length: 40 would cut \d+ of 23 rows of .*train.parquet \(the longest has \d+ tokens\)"
    with pytest.raises(UserError, match=message):
        train.train(with_trainer(order, tmp_path / "run", max_length=40))


def test_a_forward_gives_a_batch_s_loss_or_what_the_model_s_own_gives():
    forward = sft.Forward(lambda *args, **kwargs: ("own", args, kwargs), lambda batch: ("loss", batch))
    assert forward(1, labels=2) == ("own", (1,), {"labels": 2})
    assert forward(batch={"input_ids": 3}) == ("loss", {"input_ids": 3})


def test_the_trainer_is_trls_own_but_for_what_is_changed():
    from trl import SFTTrainer

    assert sft.trainer_class() is sft.trainer_class()
    assert sft.trainer_class().__mro__[1:3] == (sft.Completions, SFTTrainer)


def test_capped_logits_are_capped_before_the_loss():
    """As Gemma 2's own forward does it."""
    import torch

    torch.manual_seed(0)
    hidden, targets, head = 3 * torch.randn(5, 8), torch.tensor([1, 2, 0, 3, 1]), torch.nn.Linear(8, 4, bias=False)
    losses = []
    for softcap in (None, 2.0):
        text = SimpleNamespace(final_logit_softcapping=softcap)
        config = SimpleNamespace(get_text_config=lambda text=text: text)
        base = SimpleNamespace(config=config, get_output_embeddings=lambda: head)
        losses.append(sft.summed_loss(base, hidden, targets).item())
    capped = 2.0 * torch.tanh(head(hidden) / 2.0)
    assert losses[1] == pytest.approx(torch.nn.functional.cross_entropy(capped, targets, reduction="sum").item())
    assert losses[0] != pytest.approx(losses[1], rel=1e-3)
