"""The table of a preflight: a row a thing, faults below it, and the line that ends a run."""

from pathlib import Path

from kotune.hub.findings import Asked, Found, report, verdict


def found(kind, name, **more):
    return Found(Asked(kind, name, {"hub_id": f"org/{name}"}, Path(name)), **more)


def test_nothing_to_ask_is_no_table():
    assert report([]) == "" and verdict([]) is None


def test_every_fault_stands_below_the_table_and_only_those_that_bar_are_counted():
    things = [
        found("model", "a", cells={"access": "open"}, warnings=["w"]),
        found("dataset", "b", bars=["x", "y"]),
    ]
    lines = report(things).splitlines()
    assert lines[1].split() == ["model", "a", "org/a", "-", "open", *"------"]
    assert lines[2].startswith("data set b  org/b")
    assert lines[3:] == ["bars the run: x", "bars the run: y", "look at: w"]
    assert verdict(things) == "preflight: 2 faults would bar the run; each is said above"
    assert verdict(things[:1]) is None
