"""The journal of verdicts takes up nothing that is no verdict, and tells endpoints and places apart."""

from kotune.scoring.judges.journal import Journal, asked_of


def test_what_was_added_is_read_again(tmp_path):
    path = tmp_path / "folder" / "a.journal"
    Journal(path).add([{"asked": "a", "verdict": "refused", "model": "m"}])
    Journal(path).add([{"asked": "b", "verdict": "empty", "model": ""}])
    assert {key: line["verdict"] for key, line in Journal(path).verdicts.items()} == {"a": "refused", "b": "empty"}


def test_what_is_no_verdict_is_not_taken_up(tmp_path):
    path = tmp_path / "a.journal"
    path.write_text('{"asked": "a", "verdict": "failed"}\nnoise\n[]\n{"asked": 1, "verdict": "empty"}\n{"asked": "b"')
    assert Journal(path).verdicts == {}
    Journal(path).add([{"asked": "c", "verdict": "empty"}])
    assert list(Journal(path).verdicts) == ["c"]


def test_another_endpoint_place_or_text_is_another_question():
    hashes = {asked_of(*one) for one in [("u", "k", b"b"), ("v", "k", b"b"), ("u", "l", b"b"), ("u", "k", b"c")]}
    assert len(hashes) == 4
