"""Parts of a toy mixture: files in the three layouts of open Korean instruction sets, and the settings that mix them."""

import json

from checkout import ROOT

TEXT = "상세히 답하세요."
MARKS = {"user": "### Human:", "assistant": "### Assistant:"}
TASK = "kotune.rows.tasks.chat.TASK"


def written(path, rows):
    """Write rows as JSON lines; return the path as text."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def plain(count, word="사과"):
    """Return rows without ids, as KoAlpaca has them."""
    return [
        {"instruction": f"{word} {number}번은 무엇입니까?", "output": f"{number * 37}입니다. {word}", "url": "u"}
        for number in range(count)
    ]


def translated(count):
    """Return rows whose ids name their source, as OpenOrca-KO has them."""
    return [
        {
            "id": f"{('flan', 't0')[number % 2]}.{number}",
            "instruction": f"다음을 {number}번 요약하세요.",
            "input": f"긴 글 {number * 11}" if number % 3 else "",
            "output": f"요약 {number * 13}",
        }
        for number in range(count)
    ]


def spoken(count, turns=2):
    """Return conversations in one text, as openassistant-guanaco-ko has them."""
    return [
        {
            "id": f"g{number}",
            "text": "".join(
                f"### Human: 질문 {number * 3} {turn}?### Assistant: 대답 {number * 7} {turn}\n"
                for turn in range(turns)
            ),
        }
        for number in range(count)
    ]


def parts(folder, rows=None):
    """Return three parts as `study.mixtures` makes them, their files in a folder; ``rows``: by name, in their place."""
    given = {"plain": plain(30), "translated": translated(30), "spoken": spoken(20)} | (rows or {})
    files = {name: written(folder / f"{name}.jsonl", held) for name, held in given.items()}
    detailed = {"text": TEXT, "probability": 0.8}
    columns = {name: name for name in ("id", "instruction", "input", "output")}
    return [
        {"name": "plain", "dataset": "a", "weight": 1, "columns": {"instruction": "instruction", "output": "output"},
         "instruction": detailed, "path": files["plain"]},
        {"name": "translated", "dataset": "b", "weight": 1, "columns": columns, "path": files["translated"]},
        {"name": "spoken", "dataset": "c", "weight": 1, "columns": {"id": "id", "text": "text"},
         "conversation": {"column": "text", "marks": MARKS}, "instruction": detailed, "path": files["spoken"]},
    ]  # fmt: skip


def settings(folder, rows=None, **mixture):
    """Return the settings of the mixing of three toy parts; ``mixture``: instead of its own keys."""
    whole = {"weights": "rows", "seed": 42, "parts": parts(folder, rows), **mixture}
    tokenizer = {"name": "plain-llama-chat", "path": str(ROOT / "resources/mini/models/plain-llama-chat")}
    return {"dataset": "toy", "task": TASK, "mixture": whole, "tokenizer": tokenizer}
