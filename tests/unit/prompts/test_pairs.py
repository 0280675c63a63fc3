"""Pairs as tokens: both completions behind one prompt, and nothing that is no pair."""

import polars
import pytest
from pairs import with_worse
from tiny_model import make_model, write_prompts

from kotune.core.errors import UserError
from kotune.models.loading import load_tokenizer
from kotune.prompts.pairs import check_lengths, encode_pairs


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return make_model(tmp_path_factory.mktemp("pairs") / "model")


@pytest.fixture
def written(model, tmp_path):
    return with_worse(write_prompts(tmp_path / "train.parquet", model, 6, excluded=2), model, tmp_path / "p.parquet")


def changed(path, to, **values):
    """Write the prompts with other values in their first row."""
    rows = polars.read_parquet(path).to_dicts()
    rows[0] |= values
    polars.DataFrame(rows, schema_overrides={"excluded": polars.String}).write_parquet(to)
    return to


def test_both_sides_are_the_files_own_texts(model, written):
    tokenizer, table = load_tokenizer(model), polars.read_parquet(written)
    pairs = encode_pairs(written, tokenizer)
    kept = table.filter(table["excluded"].is_null())
    assert pairs.names == kept["id"].to_list() and len(pairs.names) == 5
    columns = pairs.dataset()[:]
    for column, name in (("prompt_ids", "prompt"), ("chosen_ids", "completion"), ("rejected_ids", "rejected")):
        assert [tokenizer.decode(ids) for ids in columns[column]] == kept[name].to_list()
    assert pairs.ends_with == "<end_of_turn>" and pairs.excluded == {"over the context window": 1}
    longest = [max(a, b) + p for a, b, p in kept["completion_tokens", "rejected_tokens", "prompt_tokens"].iter_rows()]
    assert pairs.lengths() == longest


def test_what_is_no_pair_is_named(model, written, tmp_path):
    tokenizer, first = load_tokenizer(model), polars.read_parquet(written).to_dicts()[0]
    equal = {"rejected": first["completion"], "rejected_tokens": first["completion_tokens"]}
    for values, message in (
        (equal, "both sides of row train-0 are equal; neither is preferred"),
        ({"rejected": "", "rejected_tokens": 0}, "row train-0 has no worse completion"),
        ({"rejected_tokens": 99}, r"worse completion of row train-0 has \d+ tokens by this tokenizer and 99 by the"),
    ):
        with pytest.raises(UserError, match=message):
            encode_pairs(changed(written, tmp_path / "changed.parquet", **values), tokenizer)
    with pytest.raises(UserError, match="no column 'rejected': its rows are no pairs"):
        encode_pairs(write_prompts(tmp_path / "plain.parquet", model, 3), tokenizer)


def test_a_side_that_would_be_cut_is_refused(model, written):
    pairs = encode_pairs(written, load_tokenizer(model))
    check_lengths(pairs, max(pairs.lengths()), written)
    with pytest.raises(UserError, match=r"max_length: 20 would cut \d of 5 pairs of .* longest side has \d+ tokens"):
        check_lengths(pairs, 20, written)
