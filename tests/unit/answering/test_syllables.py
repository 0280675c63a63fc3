"""Syllables: each is shown as soon as it is whole, none in parts, and together they are the answer."""

import csv
import random
import unicodedata

import pytest
import yaml
from bundled_rows import econ_news, opened
from tokenizers import Tokenizer

from kotune.answering.lines import clean
from kotune.answering.syllables import Syllables
from kotune.core.names import ROOT

STAND_INS = yaml.safe_load((ROOT / "config/models.yaml").read_text(encoding="utf-8"))["stand_ins"]
FOLDERS = sorted({entry["path"] for entry in STAND_INS.values() if "path" in entry})


def of_bytes(tokens):
    """Read a token as a byte, as a byte-level tokenizer does."""
    return bytes(tokens).decode("utf-8", errors="replace")


def written(text, marks=(), whole=True):
    """The pieces of a text that comes byte by byte, and what came at the end."""
    syllables = Syllables(of_bytes, marks)
    pieces = []
    for byte in text if isinstance(text, bytes) else text.encode():
        pieces.append(syllables.add(byte))
        if syllables.cut:
            break
    return [piece for piece in pieces if piece], syllables.end(whole)


def test_a_syllable_comes_with_its_last_byte_and_does_not_wait_for_a_space():
    assert written("환율은 내린다") == (["환", "율", "은", " 내", "린", "다"], "")


def test_white_space_around_an_answer_is_not_shown():
    assert written("\n 가 나\n\n ") == (["가", " 나"], "")


def test_half_a_syllable_is_never_shown():
    cut = "가나".encode()[:-1]
    assert written(cut, whole=False) == (["가"], "")
    assert written(cut + "다".encode())[0] == ["가", "\ufffd다"], "bytes that were none are shown once that is certain"


def test_letters_of_a_syllable_wait_for_one_another():
    apart = unicodedata.normalize("NFD", "한글 값")
    pieces, rest = written(apart)
    assert "".join(pieces) + rest == apart
    assert all(unicodedata.normalize("NFC", piece).strip() in ("한글", "값") for piece in [*pieces, rest] if piece)


@pytest.mark.parametrize(
    ("text", "marks"),
    [("서울\n질문: 다음", ["\n"]), ("서울assistant 다음", ["assistant", "\n"]), ("\n서울", ["\n"]), ("가 Qu", ["Que"])],
)
def test_nothing_behind_a_mark_is_shown_and_none_of_its_letters(text, marks):
    pieces, rest = written(text, marks)
    assert "".join(pieces) + rest == clean(text, {"cut_at": marks})[0]


@pytest.mark.parametrize("folder", FOLDERS)
def test_pieces_make_what_the_tokenizer_makes(folder):
    tokenizer = Tokenizer.from_file(str(ROOT / folder / "tokenizer.json"))
    with opened(econ_news("valid")) as file:
        text = next(csv.DictReader(file))["context"] + " 뷁쉞 🙂 끝"
    tokens = tokenizer.encode(text, add_special_tokens=False).ids
    syllables = Syllables(tokenizer.decode)
    pieces = [syllables.add(token) for token in tokens]
    whole = "".join(pieces) + syllables.end()
    assert whole == tokenizer.decode(tokens).strip()
    assert not any("\ufffd" in piece for piece in pieces)
    assert sum(map(bool, pieces)) > 0.5 * len(tokens), "most tokens show something at once"


@pytest.mark.parametrize("folder", FOLDERS[:3])
def test_whatever_a_model_writes_is_shown_once(folder):
    tokenizer = Tokenizer.from_file(str(ROOT / folder / "tokenizer.json"))
    rng = random.Random(7)
    for _ in range(50):
        tokens = [rng.randrange(tokenizer.get_vocab_size()) for _ in range(20)]
        syllables = Syllables(tokenizer.decode)
        whole = "".join(map(syllables.add, tokens)) + syllables.end()
        assert whole == syllables.shown
        assert tokenizer.decode(tokens).strip().startswith(whole)
