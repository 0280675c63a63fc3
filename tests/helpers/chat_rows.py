"""Rows of the task chat: written as JSON lines and prepared."""

import json

from kotune.rows.prepare import prepare


def lines(folder, *rows, name="rows.jsonl"):
    (folder / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(folder / name)


def prepared(folder, *rows, split="train", **more):
    source = {"dataset": "mine", "task": "kotune.rows.tasks.chat.TASK", "columns": {}, "numbered": True,
              "files": {split: lines(folder, *rows)}} | more  # fmt: skip
    return prepare(source)[0][split].to_dicts()
