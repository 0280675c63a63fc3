"""Results of before and now are compared byte for byte, wherever their paths moved; what is timed is left out."""

import compare_results
import pytest

from kotune.core.errors import UserError

BEFORE = {
    "numbers.json": '{"records": ["a-study/scores/m/base/seed1.record.json"]}',
    "a-study/answers/m/base/seed1.jsonl": "one",
    "a-study/answers/m/base/seed1.record.json": "takes 1 s",
    "a-study/tables/tuned.md": "0.9",
    "a-study/tables/costs.md": "1 s",
}
NOW = {
    "numbers.json": '{"records": ["a-study/scores/own/m/base/seed1.record.json"]}',
    "a-study/answers/own/m/base/seed1.jsonl": "one",
    "a-study/answers/own/m/base/seed1.record.json": "takes 2 s",
    "a-study/tables/tuned.md": "0.9",
    "a-study/tables/costs.md": "2 s",
    "a-study/tables/more.md": "new",
}


@pytest.fixture
def compared(tmp_path, capsys):
    def run(now):
        for side, files in (("before", BEFORE), ("now", now)):
            for name, text in files.items():
                path = tmp_path / side / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        places = ["--before", str(tmp_path / "before"), "--now", str(tmp_path / "now")]
        compare_results.main(["--commit", "8428c3a", "--study", "a-study", *places])

    return run


def test_moved_paths_costs_and_new_files_are_no_difference(compared, capsys):
    compared(NOW)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a-study/tables/tuned.md", "0.8", "a-study/tables/tuned.md: differs\n"),
        ("a-study/answers/own/m/base/seed1.jsonl", "two", "a-study/answers/own/m/base/seed1.jsonl: differs\n"),
        ("numbers.json", "{}", "numbers.json: differs\n"),
    ],
)
def test_a_changed_byte_is_named_and_fails(compared, capsys, name, text, said):
    with pytest.raises(SystemExit) as stopped:
        compared({**NOW, name: text})
    assert stopped.value.code == 1
    assert capsys.readouterr().out == said


def test_a_file_that_is_gone_is_named(compared, capsys):
    with pytest.raises(SystemExit):
        compared({name: text for name, text in NOW.items() if not name.endswith("seed1.jsonl")})
    assert "seed1.jsonl: missing" in capsys.readouterr().out


def test_a_folder_without_the_study_says_so(tmp_path):
    with pytest.raises(UserError, match="holds no results of 'a-study'"):
        compare_results.main(["--commit", "8428c3a", "--study", "a-study", "--before", str(tmp_path)])
