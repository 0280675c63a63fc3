"""The task context-qa is what rows always were: context and question, an answer, and behind it a reasoning."""

from kotune.rows.task import learned_columns, read_columns, unit_of
from kotune.rows.tasks.context_qa import TASK


def test_the_columns_stand_in_the_order_of_the_files():
    assert TASK.columns(False) == ("id", "context", "question", "answer")
    assert TASK.columns(True) == ("id", "context", "question", "answer", "cot_answer")
    assert learned_columns(TASK) == {"gold": "answer", "reasoning": "cot_answer"}


def test_an_article_is_known_by_its_context():
    assert (TASK.together, TASK.unit, TASK.long) == ("context", "article", ["context"])
    assert TASK.unit_of("한 기사") == unit_of(" 한\n기사 ") != unit_of("다른 기사")


def test_an_ensemble_reads_the_context_and_is_asked_the_question():
    assert read_columns(TASK) == {"gold": "answer", "context": ["context"], "question": ["question"]}
