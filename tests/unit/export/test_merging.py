"""Results of two machines become one folder where their records agree, and one error where they do not."""

import json

import pytest

from kotune.core.errors import UserError
from kotune.core.storage import read_json, write_json
from kotune.export import merging


def record(folder, kind, arm, seed, **changed):
    """Write the record of a job as the rules write it, and what it made."""
    place = f"adapters/m/{arm}/seed{seed}" if kind == "adapter" else f"{kind}/own/m/{arm}"
    name = "record.json" if kind == "adapter" else f"seed{seed}.record.json"
    made = "curve.jsonl" if kind == "adapter" else f"seed{seed}.jsonl"
    asked = {"model": {"path": "models/m"}, "seed": seed, **changed.get("asked", {})}
    files = {
        "model.safetensors": {"path": "models/m/model.safetensors", "sha256": changed.get("weights", "aa")},
        "adapter": {
            "path": f"results/full/s/adapters/m/{arm}/seed{seed}/adapter_model.safetensors",
            "sha256": f"b{seed}",
        },
    }
    document = {
        "kind": kind, "asked": asked, "with": {"files": files, "packages": {"torch": changed.get("torch", "2.11.0")}},
        "on": {"device": "H100"}, "cost": {"seconds": changed.get("seconds", 1.0)},
        "commit": changed.get("commit", "c" * 40), "found": changed.get("found", {}),
    }  # fmt: skip
    (folder / "s" / place).mkdir(parents=True, exist_ok=True)
    write_json(folder / "s" / place / name, document)
    (folder / "s" / place / made).write_text(changed.get("made", f"{arm} {seed}"), encoding="utf-8")


@pytest.fixture
def machines(tmp_path):
    """Two folders with the same rows: the first has seed 1 of an arm, the second seed 2."""
    folders = [tmp_path / name for name in ("first", "second")]
    for seed, folder in enumerate(folders, start=1):
        (folder / "s/rows/all").mkdir(parents=True)
        (folder / "s/rows/all/test.parquet").write_text("rows", encoding="utf-8")
        (folder / "s/tables").mkdir()
        (folder / "s/tables/tuned.csv").write_text(f"of {seed}", encoding="utf-8")
        (folder / "numbers.json").write_text("{}", encoding="utf-8")
        (folder / "s/answers/own/ensemble/majority").mkdir(parents=True)
        (folder / "s/answers/own/ensemble/majority/seed1.jsonl").write_text("x", encoding="utf-8")
        for kind in ("adapter", "answers", "scores"):
            record(folder, kind, "lora", seed)
    return folders


def test_each_machine_brings_its_seeds_and_what_is_made_of_the_whole_is_left_out(machines, tmp_path):
    merged = merging.compared(machines)
    merging.write(merged, tmp_path / "out")
    held = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {f"s/answers/own/m/lora/seed{seed}.jsonl" for seed in (1, 2)} < held and "s/rows/all/test.parquet" in held
    assert not any("tables" in name or "ensemble" in name or name == "numbers.json" for name in held)
    assert merged.remarks == []
    times = [(at / "s/scores/own/m/lora/seed1.jsonl").stat().st_mtime_ns for at in (machines[0], tmp_path / "out")]
    assert times[0] == times[1]


def test_the_same_job_on_two_machines_may_have_cost_more_on_one(machines):
    record(machines[1], "scores", "lora", 1, seconds=9.0)
    assert len(merging.compared(machines).files) == 7 + 6


@pytest.mark.parametrize(
    ("kind", "seed", "changed", "message"),
    [
        (
            "answers",
            1,
            {"made": "other"},
            r"s/answers/own/m/lora/seed1.jsonl: not the same in .*first and in .*second; keep",
        ),
        ("scores", 1, {"found": {"rows": 3}}, r"seed1.record.json: found.rows is None in .*first and 3 in .*second"),
        (
            "adapter",
            2,
            {"asked": {"recipe": {"r": 8}}},
            r"seed2/record.json: asked.recipe is \{'r': 8\}, and None in .*seed1",
        ),
        (
            "answers",
            2,
            {"weights": "bb"},
            r"read.model.safetensors is 'bb', and 'aa' in .*: seeds of one arm must be made",
        ),
    ],
)
def test_what_does_not_belong_together_is_named_with_its_key(machines, kind, seed, changed, message):
    record(machines[1], kind, "lora", seed, **changed)
    with pytest.raises(UserError, match=message):
        merging.compared(machines)


def test_other_versions_and_commits_are_said(machines):
    record(machines[1], "answers", "lora", 2, torch="2.13.0", commit="d" * 40)
    remarks = merging.compared(machines).remarks
    assert remarks[1] == "torch differs: 2.11.0 in 5 records, 2.13.0 in 1 records" and "commit differs" in remarks[0]


def test_folders_that_are_none_and_an_output_that_is_not_empty(machines, tmp_path):
    with pytest.raises(UserError, match="nowhere: no such folder"):
        merging.compared([machines[0], tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="empty: holds no rows, answers or scores"):
        merging.compared([tmp_path / "empty"])
    with pytest.raises(UserError, match="first: is not empty; name a new folder"):
        merging.write(merging.compared(machines[1:]), machines[0])
    assert read_json(machines[0] / "s/adapters/m/lora/seed1/record.json")["asked"]["seed"] == 1


def test_the_tool_refuses_differences_where_asked(machines, tmp_path):
    import merge_results

    record(machines[1], "answers", "lora", 2, torch="2.13.0")
    names = [str(folder) for folder in machines]
    with pytest.raises(UserError, match="torch differs: .* leave --strict out"):
        merge_results.main([*names, "--output", str(tmp_path / "out"), "--strict"])
    merge_results.main([*names, "--output", str(tmp_path / "out")])
    assert json.loads((tmp_path / "out/s/scores/own/m/lora/seed2.record.json").read_text())["kind"] == "scores"
