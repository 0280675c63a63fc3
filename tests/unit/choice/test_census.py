"""The token census: counted by hand, read in parts, kept between runs; windows exclude by the rule and say why."""

import json

import count_tokens
import polars
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from kotune.choice import census, token_counts
from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.storage import read_json

SETTINGS = {"share": 0.95, "what_if": [4, 10], "reserve": 2, "text_columns": ["context", "question", "answer"]}
ROWS = [
    {"id": "a", "context": "금리 를 올렸다", "question": "무엇 을", "answer": "금리"},
    {"id": "b", "context": "금리 를 올렸다", "question": "언제", "answer": None},
    {"id": "c", "context": "물가", "question": "", "answer": "물가 상승"},
]
PROMPTS = [("a", 5, 3, None), ("b", 6, 0, None), ("c", 2, 4, "too long: 6 tokens, room for 5")]


def tokenizer_of(folder, pattern=" "):
    """A tokenizer that can be counted by hand: a token a word, or a token a character."""
    made = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Split(pattern, "removed" if pattern else "isolated")
    folder.mkdir(parents=True)
    made.save(str(folder / "tokenizer.json"))
    return str(folder)


def prompts_of(folder, lines, split="train"):
    folder.mkdir(parents=True, exist_ok=True)
    schema = {"id": polars.String, "prompt_tokens": polars.Int64, "completion_tokens": polars.Int64}
    frame = polars.DataFrame(lines, schema={**schema, "excluded": polars.String}, orient="row")
    frame.write_parquet(folder / f"{split}.parquet")
    return str(folder)


@pytest.fixture
def study(tmp_path):
    rows = tmp_path / "rows" / "train.parquet"
    rows.parent.mkdir()
    polars.DataFrame(ROWS).write_parquet(rows)
    model = {
        "name": "words",
        "path": tokenizer_of(tmp_path / "words"),
        "context_window": 8,
        "prompts": prompts_of(tmp_path / "prompts", PROMPTS),
    }
    return tmp_path, model, [rows]


def test_a_census_counted_by_hand(study):
    _, model, paths = study
    found = census.take_census([model], paths, SETTINGS, None)
    assert found["rows"] == {"train": 3}
    assert found["total"] == 3
    (words_model,) = found["models"]
    tokens = words_model["tokens"]

    def figures(part):
        return {key: value for key, value in tokens[part].items() if key != "histogram"}

    assert figures("context") == {"values": 3, "mean": 2.333, "median": 3, "p95": 3, "max": 3}
    assert figures("question") == {"values": 3, "mean": 1.0, "median": 1, "p95": 2, "max": 2}
    assert figures("answer") == {"values": 2, "mean": 1.5, "median": 1.5, "p95": 2, "max": 2}  # null is no text
    assert figures("row") == {"values": 3, "mean": 6.667, "median": 6, "p95": 8, "max": 8}  # excluded rows as well
    assert words_model["characters_per_token"] == round((8 + 8 + 2) / 7, 3)
    assert all(sum(part["histogram"]) == part["values"] for part in tokens.values())
    assert all(len(part["histogram"]) == len(found["edges"]) - 1 for part in tokens.values())


def test_a_row_fits_at_exactly_the_window_and_answering_has_its_reserve(study):
    _, model, paths = study
    (found,) = census.take_census([model], paths, SETTINGS, None)["models"]
    assert found["own"] == {"window": 8, "rows": 3, "share": 1.0}  # 5 + 3; 6 and 2 new tokens; 2 + 4
    assert found["excluded"] is False
    assert found["reason"] is None
    assert [one["rows"] for one in found["what_if"]] == [0, 3]
    (tight,) = census.take_census([{**model, "context_window": 7}], paths, SETTINGS, None)["models"]
    assert tight["excluded"] is True
    assert tight["reason"] == "window 7 holds 33.3 % of the rows; 95 % are asked for"


def test_the_share_itself_suffices_and_the_reason_is_rounded_down():
    needs = [1] * 95 + [9] * 5
    assert census.excluded_by(1, needs, 0.95) is None
    assert census.excluded_by(512, [1] * 41 + [999] * 59, 0.95) == (
        "window 512 holds 41.0 % of the rows; 95 % are asked for"
    )
    assert "holds 94.9 %" in census.excluded_by(1, [1] * 9499 + [9] * 501, 0.95)


def test_reading_in_parts_changes_nothing(study, monkeypatch):
    _, model, paths = study
    whole = census.take_census([model], paths, SETTINGS, None)
    monkeypatch.setattr(census, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(token_counts, "CHARACTERS", 1)
    assert census.take_census([model], paths, SETTINGS, None) == whole


def test_several_processes_count_the_same(study, tmp_path):
    _, model, _ = study
    rows = [{**ROWS[0], "id": f"r{number}", "context": f"{ROWS[0]['context']} {number}"} for number in range(400)]
    path, prompts = tmp_path / "train.parquet", tmp_path / "rendered"
    prompts.mkdir()
    polars.DataFrame(rows).write_parquet(path)
    tokens = {"id": [row["id"] for row in rows], "prompt_tokens": [9] * 400, "completion_tokens": [2] * 400}
    polars.DataFrame(tokens).write_parquet(prompts / "train.parquet")
    model = {**model, "prompts": str(prompts)}
    alone = census.take_census([model], [path], SETTINGS, None)
    assert alone["models"][0]["tokens"]["context"]["values"] == 400
    assert census.take_census([model], [path], SETTINGS, tmp_path / "cache", processes=3) == alone


def encoded(monkeypatch):
    """Watch which texts are tokenised."""
    seen = []
    before = token_counts.Counter._encoded
    monkeypatch.setattr(
        token_counts.Counter, "_encoded", lambda self, texts: seen.extend(texts := list(texts)) or before(self, texts)
    )
    return seen


def test_a_text_is_counted_once_and_a_second_run_counts_the_new_candidate_only(study, monkeypatch):
    folder, model, paths = study
    seen = encoded(monkeypatch)
    first = census.take_census([model], paths, SETTINGS, folder / "cache")
    assert sorted(seen) == sorted(
        {text for row in ROWS for key, text in row.items() if key != "id" and text is not None}
    )
    seen.clear()
    twin = {**model, "name": "twin"}  # the same tokenizer
    assert census.take_census([model, twin], paths, SETTINGS, folder / "cache")["models"][0] == first["models"][0]
    assert seen == []
    other = {**model, "name": "marks", "path": tokenizer_of(folder / "marks", "를")}
    census.take_census([model, other], paths, SETTINGS, folder / "cache")
    assert len(seen) == 7


@pytest.mark.parametrize("content", [b"this is no database " * 400, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_broken_cache_loses_nothing(study, content, capsys):
    folder, model, paths = study
    (folder / "token-counts-v1.sqlite").write_bytes(content)
    assert census.take_census([model], paths, SETTINGS, folder) == census.take_census([model], paths, SETTINGS, None)
    assert "going on without it" in capsys.readouterr().err


def test_what_is_missing_is_named(study):
    folder, model, paths = study
    with pytest.raises(UserError, match="words has no prompts of train; make them with render_prompts"):
        census.take_census([{**model, "prompts": str(folder / "nowhere")}], paths, SETTINGS, None)
    prompts_of(folder / "other", PROMPTS[:2])
    with pytest.raises(UserError, match="2 prompts of other rows than the 3 of train"):
        census.take_census([{**model, "prompts": str(folder / "other")}], paths, SETTINGS, None)
    with pytest.raises(UserError, match="no column 'contxt'; did you mean 'context'"):
        census.take_census([model], paths, {**SETTINGS, "text_columns": ["contxt"]}, None)
    optional = {**SETTINGS, "text_columns": ["context", "cot_answer"]}
    assert census.take_census([model], paths, optional, None)["columns"] == ["context"]
    with pytest.raises(UserError, match="no such model folder|tokenizer.json"):
        census.take_census([{**model, "path": str(folder / "nowhere")}], paths, SETTINGS, None)


def test_the_script_writes_the_census_and_says_who_is_out(study, monkeypatch):
    folder, model, paths = study
    said = []
    monkeypatch.setattr(console, "say", said.append)
    monkeypatch.setattr(count_tokens, "use_threads", lambda threads: None)  # would outlive the test
    empty = folder / "rows" / "valid.parquet"
    polars.DataFrame(schema=dict.fromkeys(ROWS[0], polars.String)).write_parquet(empty)
    count_tokens.main(
        [
            *("--models", json.dumps([{**model, "context_window": 7}]), "--rows", str(paths[0]), str(empty)),
            *("--settings", json.dumps(SETTINGS), "--output", str(folder / "census.json")),
        ]
    )
    assert read_json(folder / "census.json")["rows"] == {"train": 3}
    assert said == ["token census: 3 rows, 1 of 1 models excluded (words)"]
