"""Similarity asks the embedder about each answer and its gold answers, in the order of the lines."""

from kotune.scoring.given import Given
from kotune.scoring.metrics.similarity import similarity


def test_each_answer_is_compared_with_its_own_golds():
    asked = []
    given = Given("similarity", likeness=lambda pairs: asked.extend(pairs) or [0.25, 1.0])
    lines = [{"id": name, "split": "test", "answer": answer} for name, answer in (("1", "금리"), ("2", "물가"))]
    assert similarity(lines, [{"id": "1", "answer": "이자"}, {"id": "2", "answer": ["물가", "값"]}], given) == [
        0.25,
        1.0,
    ]
    assert asked == [("금리", ["이자"]), ("물가", ["물가", "값"])]
