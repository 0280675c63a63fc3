"""The tool prints a folder of judged answers, and keeps the summary of a table of numbers where it is asked to."""

import json

import board
import pytest

from kotune.choice.board_files import COLUMNS
from kotune.core.errors import UserError
from kotune.report import boards


def test_a_folder_of_judged_answers_is_printed(tmp_path, capsys):
    for model, scores in {"good": (9.0, 8.0, 10.0, 9.0), "bad": (1.0, 2.0, 0.0, 1.0)}.items():
        (tmp_path / model).mkdir()
        rows = [
            {"id": place, "outputs": ["답입니다.", ""], **{key: {"judge_score": score} for key in ("query_single", "query_multi")}}
            for place, score in enumerate(scores)
        ]  # fmt: skip
        text = "\ufeff" + "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / model / "default.jsonl").write_text(text, encoding="utf-8")
    board.main([str(tmp_path)])
    said = capsys.readouterr().out
    first, second = said.splitlines()[1:3]
    assert first.split()[:3] == ["1", "good", "9.00"] and "yes" in first
    assert second.split()[:3] == ["2", "bad", "1.00"] and "yes" not in second
    assert boards.RULE in said and "8 are empty" in said
    with pytest.raises(UserError, match="--keep: needs a table of numbers, and --title, --repository, --commit"):
        board.main([str(tmp_path), "--keep", "mine"])


def test_what_is_kept_is_read_back(tmp_path, monkeypatch, capsys):
    path = tmp_path / "scores.tsv"
    rows = [[model, "default", str(question), "1", str(score + question), "0", "9", "1"]
            for model, score in (("a", 3), ("b", 5)) for question in range(4)]  # fmt: skip
    path.write_text("\n".join("\t".join(one) for one in [COLUMNS, *rows]), encoding="utf-8")
    monkeypatch.setattr(board, "ROOT", tmp_path)
    told = ["--title", "Mine", "--repository", "me/mine", "--commit", "0123abc"]
    board.main([str(path), "--keep", "mine", *told])
    kept = boards.kept_at(tmp_path)["mine"]
    assert (kept["licence"], [one["model"] for one in kept["found"]["models"]]) == (None, ["b", "a"])
    assert capsys.readouterr().out
