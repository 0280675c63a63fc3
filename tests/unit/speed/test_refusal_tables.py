"""The tables on refusals in docs/metrics.md."""

from kotune.speed.refusal_tables import tables

SHARE = {"right": 9, "n": 10, "share": 0.9, "low": 0.596, "high": 0.982}
NONE = {"right": 0, "n": 0, "share": None, "low": None, "high": None}
BOTH = {"precision": SHARE, "recall": NONE}


def test_each_share_stands_with_its_counts_and_its_interval():
    classes = dict.fromkeys(("refusal", "partial", "answer", "unreadable"), BOTH)
    readings = {"first": classes, "second": classes}
    agreed = {"n": 10, "same": 9, "share": 0.9, "kappa": 0.8}
    made = tables(
        {
            "labelled": {
                "agreement": {"four classes": agreed},
                "halves": {"written": readings, "measured": readings},
                "styles": {"hedge": SHARE},
            },
            "elsewhere": {"others": {"rows": 1200, "said": {"answer": 1200}}},
        }
    )
    assert "| four classes | 10 | 9 (90.0%) | 0.800 |" in made["refusal-labels"]
    first = made["refusals"].splitlines()[2]
    assert first.startswith("| measured | refusal | 0.90 (9 of 10; 0.60 to 0.98) | – |"), (
        "the measured half comes first"
    )
    assert "| hedge | 0.90 (9 of 10; 0.60 to 0.98) |" in made["refusal-styles"]
    assert "| others | 1,200 | 0 | 0 | 1,200 | 0 | – | – | – |" in made["refusals-elsewhere"]
