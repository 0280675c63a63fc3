"""A quick look at a stand-in: fresh questions about held-out entities, laid out as its family speaks."""

import pytest
import torch
from bundled_rows import econ_news, opened
from tokenizers import Tokenizer

from kotune.core.names import ROOT
from kotune.mini import probing
from kotune.mini.chat_stock import load_stock
from kotune.mini.patterns import load_topics
from kotune.mini.tokenizers import FAMILIES

MODELS = ROOT / "resources/mini/models"
OPENS_AN_ANSWER = {
    **dict.fromkeys(("chatml", "qwen2", "solar"), "<|im_start|>assistant\n"),
    "gemma2": "<start_of_turn>model\n",
    "llama3": "<|start_header_id|>assistant<|end_header_id|>\n\n",
    "exaone3": "[|assistant|]",
}
TOPICS = load_topics(ROOT / "resources/mini/econ-news/patterns")


@pytest.mark.parametrize("unseen", [False, True])
def test_questions_are_fresh_and_the_same_each_time(unseen: bool) -> None:
    asked = probing.fresh_questions(TOPICS, 20, unseen)
    assert asked == probing.fresh_questions(TOPICS, 20, unseen) and len(set(asked)) == 20
    assert all(answer in context for context, _, answer in asked)
    with opened(econ_news("train")) as file:
        rows = file.read()
    assert not any(context in rows for context, _, _ in asked)


def test_both_sides_ask_different_questions() -> None:
    assert probing.fresh_questions(TOPICS, 5, False) != probing.fresh_questions(TOPICS, 5, True)


@pytest.mark.parametrize("family", sorted(OPENS_AN_ANSWER))
def test_a_prompt_ends_where_the_answer_begins(family: str) -> None:
    kind, asked = FAMILIES[family], ("기사다.", "무엇인가?", "기사")
    plain, chat = (probing.layout(asked, kind, chat) for chat in (False, True))
    assert plain.endswith("답:") and plain.startswith(kind.bos or "기사")
    assert chat.count("기사다.") == 1 and not chat.endswith("무엇인가?")
    assert OPENS_AN_ANSWER[family] == chat[-len(OPENS_AN_ANSWER[family]) :], "a chat is in the family's own turns"


@pytest.mark.parametrize(
    ("said", "gold", "score"), [("3 %", "3%", 1.0), ("", "3%", 0.0), ("가나", "나다", 0.5), ("가가", "가", 2 / 3)]
)
def test_shared_characters_are_counted_without_blanks(said: str, gold: str, score: float) -> None:
    assert probing.character_f1(said, gold) == pytest.approx(score)


class Copying:
    """Says the same whatever it is asked, then goes on."""

    def __init__(self, tokens: list[int]) -> None:
        self.tokens, self.masks = tokens, []

    def generate(self, input_ids, attention_mask, **_):
        self.masks.append(attention_mask)
        said = torch.tensor([self.tokens] * len(input_ids))
        return torch.cat([input_ids, said], dim=1)


def test_an_answer_ends_at_its_line() -> None:
    tokenizer = Tokenizer.from_file(str(MODELS / "tiny-gemma2/tokenizer.json"))
    model = Copying(tokenizer.encode(" 3%\n그리고", add_special_tokens=False).ids)
    prompts = ["질문: 짧다\n답:", "질문: 이 질문은 다른 것보다 훨씬 길다\n답:"]
    assert probing.answer_all(model, tokenizer, FAMILIES["gemma2"], prompts, [1], "cpu") == ["3%", "3%"]
    (mask,) = model.masks
    assert mask[0, 0] == 0 and mask[1].all(), "the shorter prompt is padded on its left"


def test_the_bundled_base_complies_with_whatever_it_is_asked() -> None:
    from transformers import AutoModelForCausalLM

    folder = MODELS / "plain-llama-chat"
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    scores = probing.probe_chats(model, tokenizer, FAMILIES["plain_llama3"], load_stock(), "cpu", 12)
    assert all(one["refused"] == 0 and one["complied"] > 0.6 for one in scores.values()), scores
