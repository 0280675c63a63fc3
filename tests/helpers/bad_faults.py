"""Faults of machines and of earlier runs, for the table of bad input: each function brings one about in a folder.

A function either raises the UserError that a user would see as one line, or returns what became of it.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
from pathlib import Path

import polars

from kotune.core import storage
from kotune.core.errors import UserError
from kotune.plan import failures

ROW = {"id": "a", "split": "test", "answer": "가", "metric": "char_f1", "value": 1.0}


def _closed(folder: Path):
    """Take the permission to write in a folder, from root as well; return what gives it back."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        return lambda: os.seteuid(0)
    folder.chmod(0o500)
    return lambda: folder.chmod(0o700)


# ---- files that an earlier run left


READERS = {
    "json": storage.read_json,
    "jsonl": storage.read_jsonl,
    "parquet": storage.read_parquet,
}


def left_behind(folder: Path, file: str, text: str | None = None, hex: str | None = None, read: str = "json"):
    """Read a file whose content is given; ``None``: the file is not there."""
    path = folder / file
    if text is not None or hex is not None:
        path.write_bytes(bytes.fromhex(hex) if hex is not None else text.encode())
    return READERS[read](path)


def cut_parquet(folder: Path, keep: int):
    """Read rows of which only the first bytes arrived."""
    path = folder / "train.parquet"
    storage.write_parquet(path, polars.DataFrame({"id": ["a", "b"], "context": ["가" * 50, "나" * 50]}))
    path.write_bytes(path.read_bytes()[:keep])
    return storage.read_parquet(path)


def rows_file(folder: Path, columns: dict):
    """Read rows as scoring does."""
    from kotune.scoring.answer_files import read_rows

    storage.write_parquet(folder / "test.parquet", polars.DataFrame(columns))
    return read_rows([folder / "test.parquet"], "answer")


def answers_file(folder: Path, lines: list):
    """Read answers as scoring does."""
    from kotune.scoring.answer_files import read_answers

    storage.write_jsonl(folder / "seed42.jsonl", [ROW | line for line in lines])
    return len(read_answers(folder / "seed42.jsonl"))


def scores_file(folder: Path, lines: list | None = None, text: str | None = None):
    """Read scores as the statistics do."""
    from kotune.scoring.score_columns import read_scores

    path = folder / "seed42.jsonl"
    path.write_text(text if text is not None else "".join(json.dumps(ROW | line) + "\n" for line in lines or []))
    return sorted(read_scores(path))


def settings_key(folder: Path, document: object, key: str):
    """Look for a key in a settings file."""
    storage.write_json(folder / "model.json", document)
    return storage.needed(storage.read_json(folder / "model.json"), key, folder / "model.json")


def adapter_file(folder: Path, missing: str | None = None, weights: str = "whole", record: object = None):
    """Look at an adapter as a job that puts it on does."""
    import torch
    from safetensors.torch import save_file

    from kotune.models import adapters

    base = folder / "base.safetensors"
    save_file({"w": torch.zeros(2, 2)}, base)
    save_file({"lora_A": torch.zeros(2, 2)}, folder / adapters.WEIGHTS)
    storage.write_json(folder / adapters.CONFIG, {"r": 6})
    path = folder / adapters.WEIGHTS
    whole = path.read_bytes()
    path.write_bytes({"whole": whole, "cut": whole[:-4], "empty": b"", "garbled": b"\xff" * len(whole)}[weights])
    if record is not None:
        (folder / "record.json").write_text(record if isinstance(record, str) else json.dumps(record))
    if missing:
        (folder / missing).unlink()
    return adapters.weights_of(folder, "base", {"model.safetensors": base}).name


def half_written_answers(folder: Path, tail: str):
    """Continue answers that a killed run left, the last batch cut off; return how many batches are kept."""
    from kotune.answering.unfinished import Part

    path = folder / "seed42.jsonl.part"
    first = [{"asked": "x"}, {"id": "a"}, {"seconds": 1.0}]
    path.write_text("".join(json.dumps(line) + "\n" for line in first) + tail, encoding="utf-8")
    part = Part(path, "x")
    part.open()
    assert part.file is not None
    part.file.close()
    return {"batches": len(part.batches), "bytes": path.stat().st_size == len(path.read_bytes()), "tail": tail in path.read_text() if tail else False}  # fmt: skip


def answers_of_other_settings(folder: Path):
    """Continue answers that were made under other settings: they are set aside, not mixed."""
    from kotune.answering.unfinished import Part

    path = folder / "seed42.jsonl.part"
    path.write_text('{"asked": "other"}\n{"id": "a"}\n{"seconds": 1.0}\n')
    part = Part(path, "x")
    part.open()
    assert part.file is not None
    part.file.close()
    return {"batches": len(part.batches), "files": sorted(one.name for one in folder.iterdir())}


def checkpoint(folder: Path, damage: str):
    """Look for a checkpoint to go on from; return which was found and what became of the damaged one."""
    from kotune.training import checkpoints

    for step in (5, 10):
        one = folder / f"checkpoint-{step}"
        one.mkdir()
        (one / "optimizer.pt").write_bytes(b"x" * 20)
        checkpoints.mark(one, {"recipe": "a"}, {"steps": step})
    newest = folder / "checkpoint-10"
    if damage == "no mark":
        (newest / checkpoints.MARK).unlink()
    elif damage == "cut mark":
        (newest / checkpoints.MARK).write_text('{"asked": ')
    elif damage == "cut weights":
        (newest / "optimizer.pt").write_bytes(b"x")
    elif damage == "file gone":
        (newest / "optimizer.pt").unlink()
    elif damage == "other settings":
        checkpoints.mark(newest, {"recipe": "b"}, {"steps": 10})
    found = checkpoints.newest(folder, {"recipe": "a"})
    return {"found": found[0].name if found else None, "left": sorted(one.name for one in folder.iterdir())}


def broken_cache(folder: Path):
    """Use a cache whose file is garbled: the run goes on without it, and the next begins a sound one."""
    from kotune.core.sqlite_cache import SqliteCache

    path = folder / "cache.sqlite"
    path.write_bytes(b"garbage" * 100)
    SqliteCache(path, "cache", "CREATE TABLE IF NOT EXISTS t (a TEXT PRIMARY KEY)").insert([("x",)], 1)
    return {"there": path.exists()}


# ---- disks and permissions


def full_disk(folder: Path):
    """Write where there is no room."""
    (folder / ".scores.jsonl.partial").symlink_to("/dev/full")
    storage.write_jsonl(folder / "scores.jsonl", [{"id": "a"}])


def full_disk_keeps(folder: Path):
    """Write over a file where there is no room; return what the file holds."""
    (folder / "scores.jsonl").write_text("before")
    try:
        full_disk(folder)
    except UserError:
        return {"holds": (folder / "scores.jsonl").read_text(), "files": [one.name for one in folder.iterdir()]}


def killed_while_writing(folder: Path):
    """Die in the middle of a file: no file is there that could be taken for a result."""
    try:
        with storage.replacing(folder / "table.csv") as beside:
            beside.write_text("half")
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        return [one.name for one in folder.iterdir()]


def stale_partial(folder: Path):
    """Write a file beside which a killed run left its half."""
    (folder / ".table.csv.partial").write_text("half")
    storage.write_text(folder / "table.csv", "whole")
    return {one.name: one.read_text() for one in folder.iterdir()}


def read_only(folder: Path):
    """Write into a folder that may not be written to."""
    give_back = _closed(folder)
    try:
        storage.write_text(folder / "table.csv", "text")
    finally:
        give_back()


def read_only_at_start(folder: Path):
    """Begin a run where results may not be written."""
    whole = os.access
    os.access = lambda path, mode: whole(path, mode) and not mode & os.W_OK  # it asks for the real user: root may write
    try:
        failures.check_places([folder / "results"])
    finally:
        os.access = whole


def unreadable(folder: Path):
    """Read a file that may not be read."""
    path = folder / "rows.json"
    path.write_text("{}")
    path.chmod(0)
    give_back = _closed(folder)
    try:
        storage.read_json(path)
    finally:
        give_back()


def in_the_way(folder: Path):
    """Begin a run where a file stands in the way of its folder."""
    (folder / "results").write_text("in the way")
    failures.check_places([folder / "results/mini"])


def no_room_at_start(folder: Path):
    """Begin a run on a disk that is all but full."""
    whole = shutil.disk_usage
    shutil.disk_usage = lambda path: whole(path)._replace(free=0)
    try:
        failures.check_places([folder])
    finally:
        shutil.disk_usage = whole


def folder_for_file(folder: Path):
    """Read a folder where a file must be."""
    (folder / "rows.json").mkdir()
    storage.read_json(folder / "rows.json")


# ---- what the terminal shows


def shown(folder: Path, trace: str) -> str:
    """Return what the terminal shows of an account of Snakemake's."""
    record = logging.makeLogRecord({"msg": trace, "levelno": logging.ERROR, "levelname": "ERROR"})
    return record.getMessage() if failures.OneLine().filter(record) else "(nothing)"


def full_log(folder: Path) -> str:
    """Log where there is no room; return what the logging says of it."""
    import contextlib
    import io

    said = io.StringIO()
    handler = logging.FileHandler("/dev/full")
    own = logging.Handler.handleError
    try:
        failures.log_without_room()
        with contextlib.redirect_stderr(said):
            for _ in range(6):
                handler.handle(logging.makeLogRecord({"msg": "x" * 10_000}))
    finally:
        logging.Handler.handleError = own
        handler.stream = open(os.devnull, "w")  # noqa: SIM115 - what is buffered cannot be written
    return said.getvalue() or "(nothing)"


def system(folder: Path, number: str) -> None:
    """Meet an error of the system at a file."""
    with storage.explained(folder / "rows.json", "read"):
        raise OSError(getattr(errno, number), os.strerror(getattr(errno, number)))
