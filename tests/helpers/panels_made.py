"""A toy panel: one model's answers to three prompts, its choice, two models beside it, and tables of them."""

import json

from kotune.core.storage import write_jsonl, write_parquet

ARMS = ["qlora", "expert", "steps"]


def tabulated(folder):
    """Tabulate a toy panel of twelve rows below a study's folder; return the settings."""
    import polars as pl
    import tabulate_panel

    rows = [
        {"id": f"r{n}", "context": "지문", "question": "질문", "answer": f"답{n}", "article": f"a{n}"}
        for n in range(12)
    ]
    write_parquet(folder / "rows/test.parquet", pl.DataFrame(rows))

    def answered(name, right):
        lines = [{"id": row["id"], "split": "test", "answer": row["answer"] if n < right else "모름", "finish_reason": "stop"}
                 for n, row in enumerate(rows)]  # fmt: skip
        path = folder / f"{name}.jsonl"
        write_jsonl(path, lines)
        return str(path)

    prompts = [answered(arm, right) for arm, right in zip(ARMS, (6, 8, 8), strict=True)]
    models = [prompts[0], answered("other", 12), answered("third", 12)]
    seed = {"seed": 42, "prompts": prompts, "choice": answered("choice", 9), "models": models}
    settings = {
        "study": "toy", "arm": "own_choice", "answers": ARMS, "beside": ["m", "n", "o"], "digits": 3,
        "of_models": [{"model": "m", "seeds": [seed]}], "overlong": "zero", "statistics": {"seed": 1, "resamples": 300},
        "columns": {"gold": "answer", "context": ["context"], "question": ["question"]},
    }  # fmt: skip
    tabulate_panel.main(
        ["--settings", json.dumps(settings), "--rows", str(folder / "rows/test.parquet"), "--study-dir", str(folder),
         "--output", str(folder / "panel/statistics.json")]
    )  # fmt: skip
    return settings
