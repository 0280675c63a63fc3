"""Selections by a rule of three candidates, two of them near each other."""

from statistics_lines import mean, pair

from kotune.choice import select as selection

RULE = {"near_tie": {"margin": 0.05}, "tie_breaks": ["popularity", "licence", "speed", "memory"], "exclude": {}}
FACTS = {
    "llama": {"downloads": 1241988, "commercial": "conditions", "gflop_per_token": 6.43, "weights_gib": 5.98},
    "qwen": {"downloads": 544136, "commercial": "no", "gflop_per_token": 6.17, "weights_gib": 5.75},
    "gemma": {"downloads": None, "commercial": "conditions", "gflop_per_token": 5.23, "weights_gib": 4.87},
}
MEANS = [mean("llama", 0.70, "base"), mean("qwen", 0.72, "base"), mean("gemma", 0.60, "base")]


def compared(a, b, difference, low, high):
    line = pair(a, b, difference, low, high)
    return {**line, "a": {"model": a, "arm": "base"}, "b": {"model": b, "arm": "base"}}


CLOSE = [compared("llama", "qwen", 0.02, -0.01, 0.05), compared("gemma", "qwen", 0.12, 0.05, 0.2)]


def select(means=MEANS, pairs=CLOSE, rule=RULE, facts=FACTS, census=None, order=("llama", "qwen", "gemma")):
    statistics = {"means": list(means), "pairs": list(pairs)}
    asked = selection.Asked("char_f1", "valid", ["base"], list(order))
    return selection.select_by_rule(statistics, asked, rule, facts, census)


def census(**windows):
    return {
        "models": [
            {"name": name, "excluded": out, "reason": f"the window of {name} is short" if out else None}
            for name, out in windows.items()
        ]
    }
