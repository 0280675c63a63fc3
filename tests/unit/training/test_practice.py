"""Practice: rows with what their answers are judged by, and in which order they come."""

import polars
import pytest
from tiny_model import make_model, write_prompts

from kotune.core.errors import UserError
from kotune.models import loading
from kotune.training import practice


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("practice")
    model = make_model(folder / "model")
    train = write_prompts(folder / "train.parquet", model, 6, excluded=2)
    ids = polars.read_parquet(train)["id"]
    rows = polars.DataFrame(
        {"id": ids, "tests": [f"assert {name!r}" for name in ids], "entry_point": ["f"] * 5 + [" "]}
    )
    rows.write_parquet(folder / "rows.parquet")
    return {"train": train, "rows": folder / "rows.parquet"}, loading.load_tokenizer(model)


def test_each_prompt_has_its_row_and_no_token_has_a_loss(files):
    read = practice.read(*files, ["tests"])
    assert read.names == [f"train-{one}" for one in (0, 1, 3, 4, 5)]
    assert [row["tests"] for row in read.rows] == [f"assert {name!r}" for name in read.names]
    assert read.excluded == {"over the context window": 1}
    assert not any(map(any, read.mask))
    assert [tuple(ids) for ids in read.ids] == [prompt.tokens for prompt in read.prompts]


def test_a_row_that_cannot_be_judged_is_refused(files):
    with pytest.raises(UserError, match="1 of 5 rows have no 'entry_point', .* 'train-5'; train on rows that have it"):
        practice.read(*files, ["tests", "entry_point"])


def test_rows_of_units_that_are_evaluated_are_left_out_and_counted(files, tmp_path):
    rows = polars.read_parquet(files[0]["rows"]).with_columns(article=polars.Series(["a", "b", "b", "c", "d", "e"]))
    rows.write_parquet(tmp_path / "rows.parquet")
    polars.DataFrame({"id": ["x", "y"], "article": ["b", "d"]}).write_parquet(tmp_path / "test.parquet")
    given = files[0] | {"rows": tmp_path / "rows.parquet", "held/test": tmp_path / "test.parquet"}
    read = practice.read(given, files[1], [])
    assert read.names == ["train-0", "train-3", "train-5"] == [row["id"] for row in read.rows]
    assert read.excluded == {"also in an evaluation split": 2, "over the context window": 1}
    polars.DataFrame({"id": list("vwxyz"), "article": list("abcde")}).write_parquet(tmp_path / "test.parquet")
    with pytest.raises(UserError, match="no row is left to train on; all 6 are excluded"):
        practice.read(given, files[1], [])


def test_a_prompt_without_its_row_is_refused(files, tmp_path):
    polars.DataFrame({"id": ["train-0"]}).write_parquet(tmp_path / "rows.parquet")
    with pytest.raises(UserError, match="has no row 'train-1'"):
        practice.read(files[0] | {"rows": tmp_path / "rows.parquet"}, files[1], [])


def test_an_epoch_has_whole_steps_of_whole_groups_in_an_order_of_its_own():
    turns = practice.Turns(rows=10, each=4, times=3, seed=7)
    first, second = turns.order(0), turns.order(1)
    assert len(first) == len(turns) == 24
    assert all(first[place] == first[place + 1] == first[place + 2] for place in range(0, 24, 3))
    assert len(set(first)) == 8
    assert first != second
    assert first == practice.Turns(10, 4, 3, 7).order(0) != practice.Turns(10, 4, 3, 8).order(0)
    assert len(practice.Turns(rows=3, each=4, times=3, seed=7)) == 0
