"""The table and the figure of preferences show both sides of the pairs by step."""

import json

import tabulate_preferences

from kotune.core.storage import read_json, write_parquet
from kotune.report.preferences import preferences_figure, preferences_table


def cells(table):
    names = [column.name for column in table.columns]
    return [dict(zip(names, (cell.text for cell in row), strict=True)) for row in table.rows]


def line(step, loss, chosen, rejected):
    sides = {"chosen": chosen, "rejected": rejected}
    return {
        "step": step, "epoch": step / 10, "loss": loss, "learning_rate": 1e-5, "tokens": 10, "target_tokens": 5,
        **{f"logps/{side}": value for side, value in sides.items()},
        **{f"rewards/{side}": value / 10 for side, value in sides.items()},
        **{f"lengths/{side}": 12.0 + step for side in sides},
        "rewards/margins": (chosen - rejected) / 10, "rewards/accuracies": 0.75,
    }  # fmt: skip


LINES = [line(1, 0.693, -20.0, -20.0), {"step": 1, "eval_loss": 0.7}, line(3, 0.5, -22.0, -31.0)]
TRAINING = {"model": "tiny", "arm": "dpo", "seed": 42, "pairs": 9, "lines": LINES}


def test_first_and_last_stand_beside_each_other():
    (row,) = cells(preferences_table([TRAINING]))
    assert (row["pairs"], row["steps"], row["first_loss"], row["last_loss"]) == ("9", "3", "0.693", "0.500")
    assert [row[f"{when}_{side}"] for side in ("chosen", "rejected") for when in ("first", "last")] == [
        "-20.0", "-22.0", "-20.0", "-31.0"
    ]  # fmt: skip
    assert (row["lengths_chosen"], row["margin"], row["right"]) == ("14.0", "0.900", "75")


def test_the_figure_has_a_line_a_side_in_each_panel_and_the_margin():
    figure = preferences_figure([TRAINING, {**TRAINING, "seed": 43}])
    assert [axis.get_title() for axis in figure.axes] == ["log-probability", "reward", "mean tokens"]
    assert [len(axis.lines) for axis in figure.axes] == [4, 6, 4]
    assert [one.get_ydata().tolist() for one in figure.axes[0].lines[:2]] == [[-20.0, -22.0], [-20.0, -31.0]]


def test_the_script_reads_curves_and_records(tmp_path):
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "curve.jsonl").write_text("".join(json.dumps(one) + "\n" for one in LINES), encoding="utf-8")
    (folder / "record.json").write_text(json.dumps({"found": {"rows": {"train": 9}}}), encoding="utf-8")
    import polars as pl

    pairs = [{"ask": f"물음 {place}", "output": f"{place}번입니다", "rejected": f"{place}번"} for place in range(12)]
    write_parquet(tmp_path / "train.parquet", pl.DataFrame(pairs))
    of_rows = {"rows": str(tmp_path / "train.parquet"), "columns": {"prompt": "ask", "chosen": "output"}}
    one = {"model": "tiny", "arm": "dpo", "seed": 42, "folder": str(folder), **of_rows}
    settings = {"trainings": [one, {**one, "seed": 43}]}
    tabulate_preferences.main(["--settings", json.dumps(settings), "--output-dir", str(tmp_path)])
    for name in ("tables/preferences.json", "figures/preferences.svg", "figures/preferences.png"):
        assert (tmp_path / name).is_file(), name
    document = read_json(tmp_path / "tables/preference-floors.json")
    names = [column["name"] for column in document["columns"]]
    row = dict(zip(names, document["rows"][0], strict=True))
    assert (row["pairs"]["text"], row["by_question"]["text"], row["right"]["text"]) == ("12", "100", "75")
    assert row["by_topic"] in (None, {}) or row["by_topic"]["text"] == ""  # all prompts are of one topic
