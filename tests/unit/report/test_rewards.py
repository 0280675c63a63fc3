"""The table and the figure of rewards show what answers earn by step, and how much of them teaches nothing."""

import json

import tabulate_rewards

from kotune.report.rewards import rewards_figure, rewards_table


def cells(table):
    names = [column.name for column in table.columns]
    return [dict(zip(names, (cell.text for cell in row), strict=True)) for row in table.rows]


def line(step, reward, equal, **more):
    made = {"step": step, "loss": 0.0, "reward": reward, "frac_reward_zero_std": equal, "completions/mean_length": 10.0}
    return {**made, "completions/clipped_ratio": 0.25, "reward_std": 0.1, "not_run": 0, **more}


LINES = [
    line(1, 0.25, 0.5, kl=0.0), line(2, 0.5, 0.5, kl=0.01), *(line(step, 0.5, 0.75) for step in range(3, 7)),
    line(7, 0.75, 1.0), line(8, 1.0, 0.5, kl=0.02),
]  # fmt: skip
FOUND = {"reward": "pass_at_1", "steps": 8, "steps_without_effect": 1, "samples": 256, "truncated": 64, "not_run": 2}
TRAINING = {"model": "tiny", "arm": "rl", "seed": 42, "found": FOUND, "lines": LINES}


def test_first_and_last_are_quarters_of_the_curve():
    (row,) = cells(rewards_table([TRAINING]))
    assert (row["metric"], row["steps"], row["without_effect"], row["answers"]) == ("pass_at_1", "8", "1", "256")
    assert (row["first_reward"], row["last_reward"]) == ("0.375", "0.875")
    assert (row["first_equal"], row["last_equal"], row["cut"], row["kl"]) == ("50.0", "75.0", "25.0", "0.0200")


def test_a_training_without_a_reference_has_no_kl_and_no_panel_of_it():
    bare = [{key: value for key, value in one.items() if key != "kl"} for one in LINES]
    assert cells(rewards_table([{**TRAINING, "lines": bare}]))[0]["kl"] == ""
    assert len(rewards_figure([{**TRAINING, "lines": bare}]).axes) == 3


def test_the_figure_has_a_line_a_training_where_the_curve_has_values():
    figure = rewards_figure([TRAINING, {**TRAINING, "seed": 43}])
    assert [axis.get_title() for axis in figure.axes] == [
        "mean reward",
        "equal groups",
        "cut answers",
        "KL to the start",
    ]
    assert [len(axis.lines) for axis in figure.axes] == [2] * 4
    assert figure.axes[3].lines[0].get_xdata().tolist() == [1, 2, 8], "a step that taught nothing has no KL"


def test_the_script_reads_curves_and_records(tmp_path):
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "curve.jsonl").write_text("".join(json.dumps(one) + "\n" for one in LINES), encoding="utf-8")
    (folder / "record.json").write_text(json.dumps({"found": FOUND}), encoding="utf-8")
    settings = {"trainings": [{"model": "tiny", "arm": "rl", "seed": 42, "folder": str(folder)}]}
    tabulate_rewards.main(["--settings", json.dumps(settings), "--output-dir", str(tmp_path)])
    for name in ("tables/rewards.json", "figures/rewards.svg", "figures/rewards.png"):
        assert (tmp_path / name).is_file(), name
