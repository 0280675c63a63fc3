"""A board's files are read as they are published, and what is wrong with one is said with its file, line or model."""

import json

import pytest

from kotune.choice.board_files import COLUMNS, MARK, read_board
from kotune.core.errors import UserError


def line(name, scores, outputs=("짧은 답입니다.", "그다음 답입니다.")):
    turns = zip(("query_single", "query_multi"), scores, strict=True)
    row = {"id": name, "category": "글", "questions": ["", ""], "outputs": list(outputs), "references": [None, None]}
    return row | {turn: {"judge_message": "", "judge_score": score} for turn, score in turns}


@pytest.fixture
def write(tmp_path):
    def written(name, rows, mark=MARK):
        path = tmp_path / "evaluated" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(mark + "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return tmp_path / "evaluated"

    return written


def test_a_model_is_its_path_and_a_mark_at_the_start_is_none_of_its_text(write):
    loop = "같은 말을 다시 스무 글자만큼 또 합니다. " * 12
    write("maker/one/default", [line(10, (7.0, 0)), line(9, (8.5, 9.0), (loop, ""))])
    board = read_board(write("two/default", [line(9, (1.0, 2.0)), line(10, (3.0, 0.0))], mark=""))
    assert (board.questions, board.count, board.models("default")) == (("9", "10"), 2, ["maker/one", "two"])
    assert board.scores("default").tolist() == [[[8.5, 9.0], [7.0, 0.0]], [[1.0, 2.0], [3.0, 0.0]]]
    (looped, empty), (_, failed) = board.turns["maker/one", "default"]
    assert (looped.repeats >= 10, empty.characters, failed.failed) == (True, 0, True)
    assert not board.turns["two", "default"][1][1].failed  # 0.0 is a score that the judge gave


def test_where_all_scores_are_integers_a_zero_is_one(write):
    board = read_board(write("one/default", [line(1, (7, 0)), line(2, (5, 5))]))
    assert not board.turns["one", "default"][0][1].failed


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([line(1, ("7", 8.0))], "line 1: key 'query_single.judge_score' is the text '7', and a score is a number"),
        ([line(1, (7.0, None))], "line 1: key 'query_multi.judge_score' is nothing"),
        ([line(1, (7.0, float("nan")))], "is nan, and a score is a number"),
        ([line(1, (True, 8.0))], "is True, and a score"),
        ([line(1, (7.0, 8.0)), line(1, (7.0, 8.0))], "default.jsonl: the question 1 stands twice"),
        ([line(1, (7.0, 8.0), ("하나",))], "key 'outputs': 1 answers, and the question has 2 turns"),
        (
            [{"id": 1, "outputs": ["", ""], "query_single": {"judge_score": 1.0}}],
            "'query_multi'.*turn 2 was not judged",
        ),
        ([[1]], "line 1: not an object"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(write, rows, told):
    with pytest.raises(UserError, match=told):
        read_board(write("one/default", rows))


def test_a_model_with_missing_turns_is_named(write):
    write("one/default", [line(1, (7.0, 8.0)), line(2, (7.0, 8.0))])
    with pytest.raises(UserError, match="two, default: 2 turns are missing that others have .turn 1 of question 2"):
        read_board(write("two/default", [line(1, (7.0, 8.0))]))


def test_a_table_of_numbers_needs_its_columns_and_numbers(tmp_path):
    path = tmp_path / "scores.tsv"
    rows = [["a", "default", "1", str(turn), "5", "0", "9", "1"] for turn in (1, 2)]
    rows += [["a", "default", "2", str(turn), "5", "0", "0", "1"] for turn in (1, 2)]
    path.write_text(MARK + "\n".join("\t".join(one) for one in [COLUMNS, *rows]), encoding="utf-8")
    assert read_board(path).scores("default").tolist() == [[[5.0, 5.0], [5.0, 5.0]]]
    path.write_text(path.read_text(encoding="utf-8").replace("\t5\t", "\tfive\t", 1), encoding="utf-8")
    with pytest.raises(UserError, match="line 2: column 'score' is the text 'five'"):
        read_board(path)
    path.write_text("model\tsetting\tquestion\tturn\tscores\n", encoding="utf-8")
    with pytest.raises(UserError, match="no column 'score'; did you mean 'scores'"):
        read_board(path)


def test_a_folder_without_results_says_what_it_should_hold(tmp_path):
    with pytest.raises(UserError, match="no .*jsonl below it; a board has a file {model}/{setting}.jsonl"):
        read_board(tmp_path)
