"""A worse answer is rendered as the better one is, behind the same prompt, and excludes its row where it cannot be used."""

import json

import polars
import render_prompts
from byte_tokenizer import save_tokenizer
from families_file import FAMILIES

from kotune.core.catalogue import read_yaml
from kotune.core.names import ROOT
from kotune.core.storage import read_json

CONTENT = {"families": {"gemma2": {"turns": [{"role": "user", "content": "{{ prompt }}"}]}}}
ROWS = [
    {"id": "a", "prompt": "물가는?", "chosen": "오른다", "article": "u1", "rejected": "모른다"},
    {"id": "b", "prompt": "금리는?", "chosen": "내린다", "article": "u2", "rejected": "모" * 300},
    {"id": "c", "prompt": "환율은?", "chosen": "그대로", "article": "u3", "rejected": "<end_of_turn>"},
]


def rendered(tmp_path, rows, split="train", room=300):
    model = save_tokenizer(tmp_path / "model", FAMILIES["gemma2"])
    polars.DataFrame(rows).write_parquet(tmp_path / f"{split}.parquet")
    settings = {
        "model": {"name": "tiny", "path": str(model), "family": "gemma2"},
        "prompt": {
            "name": "mine", "variant": "clean", "content": CONTENT, "learned": {"gold": "chosen", "reasoning": None}
        },
        "family": read_yaml(ROOT / "config/families.yaml")["gemma2"],
        "max_tokens": room,
    }  # fmt: skip
    rows_file, out = str(tmp_path / f"{split}.parquet"), str(tmp_path / "out")
    render_prompts.main(["--settings", json.dumps(settings), "--rows", rows_file, "--output-dir", out])
    return polars.read_parquet(tmp_path / "out" / f"{split}.parquet").to_dicts(), read_json(
        tmp_path / "out/prompts.json"
    )


def test_both_sides_stand_behind_one_prompt(tmp_path):
    found, said = rendered(tmp_path, ROWS)
    assert (found[0]["completion"], found[0]["rejected"]) == ("오른다<end_of_turn>", "모른다<end_of_turn>")
    assert found[0]["rejected_tokens"] == found[0]["completion_tokens"] > 1
    assert said["splits"]["train"]["rejected_tokens"]["max"] == found[0]["rejected_tokens"]


def test_a_worse_answer_that_cannot_be_learned_excludes_its_row(tmp_path):
    found, said = rendered(tmp_path, ROWS)
    assert found[0]["excluded"] is None
    assert found[1]["excluded"].startswith("rejected answer too long: ")
    assert found[2]["excluded"].startswith("rejected answer control token in the answer: <end_of_turn>")
    assert said["splits"]["train"]["excluded"] == 2
    assert "rejected answer too long" in said["splits"]["train"]["reasons"]


def test_what_is_evaluated_is_asked_whatever_its_worse_answer_is(tmp_path):
    found, _ = rendered(tmp_path, [*ROWS, {**ROWS[0], "id": "d", "rejected": None}], split="test")
    assert [row["excluded"] for row in found] == [None] * 4
    assert (found[3]["rejected"], found[3]["rejected_tokens"]) == ("", 0)


def test_rows_without_the_column_are_rendered_as_ever(tmp_path):
    found, said = rendered(tmp_path, [{key: row[key] for key in row if key != "rejected"} for row in ROWS])
    assert "rejected" not in found[0] and "rejected_tokens" not in said["splits"]["train"]
