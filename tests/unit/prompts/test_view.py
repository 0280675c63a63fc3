"""A prompt as a person checks it: what controls and what is learned is set off, in colours or in brackets."""

import re

import pytest
from byte_tokenizer import save_tokenizer
from families_file import FAMILIES

from kotune.prompts import view
from kotune.prompts.tokenizers import load_tokenizer

PLAIN = view.Paint(coloured=False)
COLOURED = view.Paint(coloured=True)
GEMMA = FAMILIES["gemma2"]
PROMPT, COMPLETION = "<bos><start_of_turn>user\n금리?<end_of_turn>\n", "연 3%<end_of_turn>"


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return load_tokenizer(save_tokenizer(tmp_path_factory.mktemp("tokenizer"), GEMMA), GEMMA)


def test_pieces_of_bytes_spaces_and_line_breaks_can_be_read():
    from tokenizers import Tokenizer, decoders, models, normalizers

    vocab = {"<unk>": 0, "▁": 1, "a": 2, "<0xEC>": 3, "<0x0A>": 4, "▁a": 5}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[("▁", "a")], unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    assert [view.reader(tokenizer)(number) for number in (1, 2, 3, 4, 5)] == ["␣", "a", "\\xec", "⏎", "␣a"]


def test_lines_of_tokens_fit_the_terminal():
    tokens = [view.Token(number, "기사", False, number > 9) for number in range(20)]
    lines = list(view.marked_tokens(tokens, PLAIN, 40))
    assert all(view._width(line) <= 40 for line in lines)
    assert [int(number) for number in re.findall(r"\d+", " ".join(lines))] == list(range(20))
    assert len(list(view.marked_tokens(tokens, COLOURED, 10_000))) == 1


def test_the_answer_and_its_stop_token_are_learned_and_nothing_else(tokenizer):
    tokens = view.tokens_of(tokenizer, GEMMA, PROMPT, COMPLETION)
    learned = [token for token in tokens if token.learned]
    assert tokens[-len(learned) :] == learned
    assert learned[-1].piece == "<end_of_turn>" and learned[-1].special
    assert len(learned) == len("연 3%".encode()) + 1
    assert [token.piece for token in tokens if token.special and not token.learned] == [
        "<bos>",
        "<start_of_turn>",
        "<end_of_turn>",
    ]
    assert not any(token.learned for token in view.tokens_of(tokenizer, GEMMA, PROMPT, ""))


def test_a_loss_on_the_whole_row_learns_all_but_the_first_token(tokenizer):
    tokens = view.tokens_of(tokenizer, GEMMA, PROMPT, COMPLETION, whole=True)
    assert [token.learned for token in tokens] == [False] + [True] * (len(tokens) - 1)


def test_a_text_without_its_marks_is_the_text(tokenizer):
    marked = "\n".join(view.marked_text(tokenizer, GEMMA, PROMPT, COMPLETION, PLAIN))
    assert marked == "‹<bos>›‹<start_of_turn>›user\n금리?‹<end_of_turn>›\n[연 3%][‹<end_of_turn>›]"
    coloured = "\n".join(view.marked_text(tokenizer, GEMMA, PROMPT, COMPLETION, COLOURED))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == PROMPT + COMPLETION


def test_the_legend_uses_the_marks_that_it_explains():
    assert PLAIN.legend() == "‹control token›  [learned: in the loss]  read only"
    assert "\x1b[1;36mcontrol token\x1b[0m" in COLOURED.legend()


def test_what_the_pipeline_counts_is_said():
    tokens = [view.Token(number, "x", False, number > 2) for number in range(5)]
    lines = list(view.counted({"excluded": None}, tokens, 4096, trained=True))
    assert lines == ["tokens      3 read, 2 learned; room for 4,096 in all", "left out    no"]
    assert list(view.counted({"excluded": "too long"}, tokens, 9, False))[1] == "left out    too long"
