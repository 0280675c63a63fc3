"""Lines of statistics.json, as a selection reads them."""


def mean(model, value, arm="qlora", split="valid", metric="char_f1", **more):
    line = {"model": model, "arm": arm, "split": split, "metric": metric, "n": 60, "articles": 20, "mean": value}
    return {**line, "low": value - 0.05, "high": value + 0.05, "seeds": [42], **more}


def pair(a, b, difference, low, high, p=0.2, split="valid"):
    sides = {"a": {"model": a, "arm": "qlora"}, "b": {"model": b, "arm": "qlora"}}
    line = {"name": f"{a} and {b}", **sides, "split": split, "metric": "char_f1", "n": 60, "articles": 20}
    return {**line, "difference": difference, "low": low, "high": high, "p": p, "test": "sign-flip"}
