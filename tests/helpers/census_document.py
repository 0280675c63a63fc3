"""A census of three rows and two models, the window of one of them too small."""


def part(histogram, values=3, mean=2.333, median=3, p95=3, most=3):
    return {"values": values, "mean": mean, "median": median, "p95": p95, "max": most, "histogram": histogram}


def model(name, window, held, reason=None):
    return {
        "name": name,
        "context_window": window,
        "tokens": {"context": part([1, 2, 0]), "cot_answer": None, "row": part([0, 1, 2], mean=1234.5)},
        "characters_of": "context",
        "characters_per_token": 1.857,
        "own": {"window": window, "rows": 3, "share": held},
        "what_if": [{"window": 8192, "rows": 3, "share": 1.0}],
        "excluded": reason is not None,
        "reason": reason,
        "tokenizer_sha256": "0",
    }


REASON = "window 4 holds 33.3 % of the rows; 95 % are asked for"


CENSUS = {
    "rows": {"train": 2, "test": 1},
    "total": 3,
    "settings": {"share": 0.95, "what_if": [8192], "reserve": 16, "text_columns": ["context", "cot_answer"]},
    "columns": ["context", "cot_answer"],
    "edges": [1.0, 2.0, 4.0, 8.0],
    "models": [model("small", 4, 0.333333, REASON), model("large", 8, 1.0)],
}
