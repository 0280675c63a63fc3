import random
from collections import Counter

from kotune.mini.chat_stock import load_stock
from kotune.mini.code_documents import Writer
from kotune.mini.functions import PATTERNS
from kotune.mini.tokenizers import FAMILIES

FAMILY = FAMILIES["plain_llama3"]
WRITER = Writer(load_stock())


def documents(count: int = 600):
    rng = random.Random(3)
    return [WRITER.document(FAMILY, rng) for _ in range(count)]


def test_documents_begin_and_end_as_the_family_says_and_their_answers_are_code():
    for one in documents(200):
        assert one.text.startswith(FAMILY.bos)
        assert one.text.endswith(FAMILY.document_end)
        for start, end in one.answers:
            assert one.text[start:end].endswith("\n")


def test_most_heads_with_a_docstring_are_left_empty_and_none_is_followed_by_a_whole_function():
    behind: Counter[str] = Counter()
    for one in documents():
        parts = one.text.split('"""\n')
        for part in parts[1:]:
            behind[part.split()[0]] += 1
    assert set(behind) <= {"...", "pass", "return"}
    assert behind["return"] < behind["..."] + behind["pass"]


def test_no_held_out_pattern_occurs():
    rng = random.Random(1)
    held = {one.written("xs", 4)[1] for one in PATTERNS if one.held_out and one.category == "lists"}
    text = "\n".join(WRITER.document(FAMILY, rng).text for _ in range(1500))
    assert held
    assert not [one for one in held if one + "\n" in text]


def test_the_same_seed_gives_the_same_texts():
    assert list(WRITER.lines(FAMILY, 1, 30)) == list(WRITER.lines(FAMILY, 1, 30))
