"""The tables of form and content: the two add up to the difference, and each kind of answer has its rows."""

import fake_results

from kotune.report.gather.content import PARTS


def rows(made, name):
    document = made.table(name)
    names = [column["name"] for column in document["columns"]]
    return document, [dict(zip(names, row, strict=True)) for row in document["rows"]]


def test_form_and_content_add_up_to_the_gain(plain):
    document, found = rows(plain, "content")
    assert len(found) == len(fake_results.TUNED) * 2
    assert [column["name"] for column in document["columns"]][-5:] == list(PARTS)
    for row in found:
        base, tuned, gain, content, form = (plain.numbers[row[part]["key"]]["value"] for part in PARTS)
        assert abs(tuned - base - gain) < 1e-9 and abs(content + form - gain) < 1e-9
        assert int(row["rows"]["text"]) == fake_results.SPLITS["test" if row in found[:4] else "test-unseen"]


def test_the_kinds_of_answers_make_up_the_whole_split(plain):
    _, found = rows(plain, "kinds")
    first = [row for row in found if row["model"]["text"] == fake_results.TUNED[0]]
    counts, group = {}, ""
    for row in found:
        group = row["answer"].get("text") or group
        counts.setdefault(group, int(row["rows"]["text"]))
    inside = counts.pop("in the context", 0) + counts.pop("not in the context", 0)
    assert sum(counts.values()) == inside == fake_results.SPLITS["test"]
    assert len(first) == len(counts) + 2 or len(first) == len(counts) + 1
    assert {"number", "organisation"} <= set(counts)
