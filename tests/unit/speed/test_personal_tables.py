"""The tables of docs/personal-data.md."""

from kotune.rows.personal_data import KINDS
from kotune.speed.personal_tables import tables

SHARE = {"right": 9, "n": 10, "share": 0.9, "low": 0.596, "high": 0.982}
NONE = {"right": 0, "n": 0, "share": None, "low": None, "high": None}


def test_another_finder_stands_beside_ours_by_kind_and_where_they_differ():
    kinds = {"card": {"precision": SHARE, "recall": SHARE}}
    ours = {"kinds": {kind: {"precision": SHARE, "recall": NONE} for kind in KINDS},
            "forms": {"a": {"kind": "card", **SHARE}, "b": {"kind": "card", **SHARE}},
            "near_misses": {"dates": {"n": 10, "found": {}}}}  # fmt: skip
    theirs = {"kinds": kinds, "forms": {"a": 4, "b": 9}, "near_misses": {"dates": {"card": 3}}}
    kept = {"generated": ours, "elsewhere": {}, "presidio": {"default": {"kinds": {"card": {"precision": NONE,
            "recall": SHARE}}}, "korean": theirs}}  # fmt: skip
    made = tables(kept)
    assert made["personal-presidio"].splitlines()[2:] == ["| `card` | 0.900 | – | – | 0.900 | 0.900 | 0.900 |"]
    assert made["personal-presidio-forms"].splitlines()[2:] == [
        "| a | 9 of 10 | 4 |", "| near-miss: dates | nothing | 3 card |"]  # fmt: skip


def test_shares_stand_with_their_counts_and_a_near_miss_with_what_it_was_taken_for():
    made = tables(
        {
            "generated": {
                "kinds": {kind: {"precision": SHARE, "recall": NONE} for kind in KINDS},
                "forms": {"z": {"kind": "e_mail", **SHARE}, "a": {"kind": "card", **SHARE}},
                "near_misses": {"dates": {"n": 10, "found": {}}, "orders": {"n": 10, "found": {"card": 2}}},
            },
            "elsewhere": {"others": {"texts": 1200, "found": {}}},
        }
    )
    assert "| `card` | 0.900 (9 of 10; 0.596 to 0.982) | – |" in made["personal-kinds"]
    assert made["personal-forms"].splitlines()[2:] == ["| `e_mail` | z | 9 of 10 |", "| `card` | a | 9 of 10 |"]
    assert made["personal-near-misses"].splitlines()[2:] == ["| dates | 10 | nothing |", "| orders | 10 | 2 card |"]
    assert "| others | 1,200 | nothing |" in made["personal-elsewhere"]
