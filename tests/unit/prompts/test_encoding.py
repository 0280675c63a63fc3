"""Rendered prompts become ids as they were counted; the loss is on the answer; nothing is cut in silence."""

from types import SimpleNamespace

import polars
import pytest
from tiny_model import make_model, write_prompts

from kotune.core.errors import UserError
from kotune.models import loading
from kotune.prompts import encoding


@pytest.fixture(scope="module")
def order(tmp_path_factory):
    root = tmp_path_factory.mktemp("encoding")
    model = make_model(root / "model")
    return SimpleNamespace(model=model, prompts=write_prompts(root / "train.parquet", model, 24, excluded=3))


@pytest.fixture(scope="module")
def tokenizer(order):
    return loading.load_tokenizer(order.model)


def test_loss_is_on_the_completion_and_its_stop_token_only(order):
    tokenizer = loading.load_tokenizer(order.model)
    rows = encoding.encode_rows(order.prompts, tokenizer)
    table = polars.read_parquet(order.prompts).filter(polars.col("excluded").is_null())
    assert len(rows.ids) == 23
    for ids, mask, prompt, completion in zip(rows.ids, rows.mask, table["prompt"], table["completion"], strict=True):
        assert tokenizer.decode([token for token, bit in zip(ids, mask, strict=True) if not bit]) == prompt
        assert tokenizer.decode([token for token, bit in zip(ids, mask, strict=True) if bit]) == completion
        assert mask == sorted(mask)
        assert ids.count(tokenizer.bos_token_id) == 1
    assert rows.ends_with == "<end_of_turn>"
    assert rows.excluded == {"over the context window": 1}


def test_loss_on_all_tokens_is_on_every_token_of_a_row(order):
    tokenizer = loading.load_tokenizer(order.model)
    rows = encoding.encode_rows(order.prompts, tokenizer, "all")
    assert rows.ids == encoding.encode_rows(order.prompts, tokenizer).ids
    assert rows.mask == [[0] + [1] * (len(ids) - 1) for ids in rows.ids], "the first follows nothing"


def changed(order, folder, change, name="train"):
    """Write the prompts with one change to each row's columns."""
    table = polars.read_parquet(order.prompts)
    path = folder / f"{name}.parquet"
    table.with_columns(change).write_parquet(path)
    return path


def test_a_file_that_was_rendered_for_another_tokenizer_is_named(order, tokenizer, tmp_path):
    path = changed(order, tmp_path, polars.col("completion_tokens") + 1)
    with pytest.raises(
        UserError, match="the completion of row train-0 has .* rendered for another one; remove the file"
    ):
        encoding.encode_rows(path, tokenizer)
    path = changed(order, tmp_path, polars.col("prompt_tokens") - 1)
    with pytest.raises(UserError, match="the prompt of row train-0 has"):
        encoding.read_prompts([path], tokenizer, 256)


def test_rows_that_teach_nothing_are_named(order, tokenizer, tmp_path):
    path = changed(order, tmp_path, polars.lit("no answer").alias("excluded"))
    with pytest.raises(UserError, match="no row is left to train on; all 24 are excluded"):
        encoding.encode_rows(path, tokenizer)
    path = changed(order, tmp_path, [polars.lit("").alias("completion"), polars.lit(0).alias("completion_tokens")])
    with pytest.raises(UserError, match="row train-0 has no target tokens; give it an answer or exclude it"):
        encoding.encode_rows(path, tokenizer)


def test_a_length_that_would_cut_rows_is_refused(order, tokenizer):
    rows = encoding.encode_rows(order.prompts, tokenizer)
    longest = max(map(len, rows.ids))
    encoding.check_lengths(rows, longest, order.prompts)
    encoding.check_lengths(rows, None, order.prompts)
    with pytest.raises(UserError, match=f"max_length: {longest - 1} would cut 1 of 23 rows .* has {longest} tokens"):
        encoding.check_lengths(rows, longest - 1, order.prompts)


def test_prompts_of_all_splits_are_read_in_their_order(order, tokenizer, tmp_path):
    other = write_prompts(tmp_path / "valid.parquet", order.model, 2, seed=1)
    prompts = encoding.read_prompts([order.prompts, other], tokenizer, 256)
    assert [prompt.place for prompt in prompts] == list(range(26))
    assert [prompt.split for prompt in prompts] == ["train"] * 24 + ["valid"] * 2
    assert prompts[3].excluded and prompts[3].tokens == ()
    assert all(prompt.tokens for prompt in prompts if not prompt.excluded)


def test_a_prompt_that_fills_the_window_is_named(order, tokenizer):
    prompts = encoding.read_prompts([order.prompts], tokenizer, None)
    longest = max(prompts, key=lambda prompt: len(prompt.tokens))
    with pytest.raises(
        UserError, match=f"row {longest.id} has {len(longest.tokens)} prompt tokens, the model's window"
    ):
        encoding.read_prompts([order.prompts], tokenizer, len(longest.tokens))


def test_where_the_loss_is_is_one_of_two():
    trainer = {"packing": True, "packing_strategy": "wrapped"}
    assert encoding.check_loss({"trainer": {"packing_strategy": "wrapped"}}) == "completion"
    assert encoding.check_loss({"trainer": {**trainer, "packing_strategy": "bfd"}, "loss": "all"}) == "all"
    with pytest.raises(UserError, match="recipe.loss: unknown 'al'; did you mean 'all'"):
        encoding.check_loss({"trainer": {}, "loss": "al"})
    for loss in ("completion", "all"):  # a row would be learned with another one before it
        with pytest.raises(UserError, match="recipe.trainer.packing_strategy: wrapped joins rows without a border"):
            encoding.check_loss({"trainer": trainer, "loss": loss})


def test_the_trainer_is_handed_ids_and_where_the_loss_is(order, tokenizer):
    rows = encoding.encode_rows(order.prompts, tokenizer)
    given = rows.dataset()
    assert given["input_ids"] == rows.ids and given["completion_mask"] == rows.mask
