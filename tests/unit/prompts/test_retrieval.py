"""What is nearest to a question, by pieces of text and by embeddings; measured on KorQuAD where its file is there."""

import numpy as np
import pytest

from kotune.prompts.retrieval import Bm25, Embedded, bigrams, ranked, sentences

TEXTS = ["산이 높다. 물이 맑다.", "강은 길다", "물가가 올랐다"]


def test_bigrams_see_no_spaces_and_one_syllable_is_a_piece_too():
    assert bigrams("산 이 높") == ["산이", "이높"] and bigrams("물") == ["물"] and bigrams(" ") == []


def test_a_question_of_the_passages_own_words_finds_it():
    found = Bm25(TEXTS)
    assert [ranked(found.scores(text), 1) for text in TEXTS] == [[0], [1], [2]]


def test_a_word_of_one_syllable_counts_where_pieces_are_words():
    assert ranked(Bm25(["산 높다", "강 길다", "물 맑다"], str.split).scores("물"), 1) == [2]


def test_a_question_without_a_known_piece_ranks_the_passages_in_their_order():
    scores = Bm25(TEXTS).scores("zz")
    assert not scores.any() and ranked(scores, 3) == [0, 1, 2]


def test_a_passage_is_as_near_as_its_nearest_sentence():
    def embed(texts):
        return np.array([[1.0, 0.0] if "물" in text else [0.0, 1.0] for text in texts], dtype=np.float32)

    assert Embedded(TEXTS, embed).scores("물?").tolist() == [1.0, 0.0, 1.0]
    assert Embedded(["가. 나", "물"], embed, lambda text: [text]).scores("물").tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("text", "parts"), [("가다. 나다! 2.5%다", 3), ("끝이 없는 글", 1), ("", 1), ("줄\n\n바꿈", 2)]
)
def test_sentences_end_at_marks_and_lines_and_not_within_numbers(text, parts):
    assert len(sentences(text)) == parts
