"""Dialogues in prompts: earlier turns as they were, the assistant's learned on request, nothing left out in silence."""

import polars as pl
import pytest
import yaml
from byte_tokenizer import save_tokenizer
from families_file import FAMILIES

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.prompts import encoding
from kotune.prompts.rendering import render_split
from kotune.prompts.tokenizers import load_tokenizer

VARIANTS = yaml.safe_load((ROOT / "config" / "prompts" / "safe-chat.yaml").read_text(encoding="utf-8"))["variants"]
LEARNED = {"gold": "output", "reasoning": None}
PLAIN = ["plain_llama3", "plain_llama2", "plain_gemma3"]
ALONE = {"id": "1", "instruction": "여행을 가보셨나요?", "input": "", "system": "", "history": [], "output": "아니요."}
EARLIER = [{"role": "user", "content": "안녕?"}, {"role": "assistant", "content": "안녕하세요."}]
LATER = {**ALONE, "id": "2", "system": "짧게 답해라", "history": EARLIER}
SEED = """아래에는 작업을 설명하는 지시 사항과 추가적인 컨텍스트를 제공하는 입력이 있습니다. 요청을 적절하게 완료하는 응답을 작성하세요.

### instruction:
{}

### input:
{}

### output:
"""


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizers")
    return {name: load_tokenizer(save_tokenizer(folder / name, family), family) for name, family in FAMILIES.items()}


@pytest.fixture
def render(tokenizers):
    def run(*rows, family="plain_llama3", split="train", variant="clean", content=None):
        prompt = {"name": "safe-chat", "variant": variant, "content": content or VARIANTS[variant], "learned": LEARNED}
        return render_split(list(rows), split, prompt, FAMILIES[family], tokenizers[family], 9999)[0]

    return run


@pytest.mark.parametrize("family", PLAIN)
def test_the_published_text_is_learned_with_one_end_of_text(render, family):
    (row,) = render(ALONE, family=family)
    bos, eos = FAMILIES[family].bos, FAMILIES[family].stop
    assert row["prompt"] == bos + SEED.format("여행을 가보셨나요?", "")
    assert row["completion"] == "아니요." + eos
    assert (row["prompt"] + row["completion"]).count(eos) == 1
    assert render(ALONE, family=family, variant="as_published") == [row], "it is learned alike"
    assert render(ALONE, family=family, variant="without_eos")[0]["completion"] == "아니요."


@pytest.mark.parametrize("family", PLAIN)
def test_as_published_asks_otherwise_than_it_learned(render, family):
    clean, published = (render(ALONE, family=family, split="test", variant=name)[0]["prompt"]
                        for name in ("clean", "as_published"))  # fmt: skip
    bos = FAMILIES[family].bos
    assert clean == bos + SEED.format("여행을 가보셨나요?", "")
    assert published == bos + SEED.format("아래 질문에 대해서 답해주세요", "여행을 가보셨나요?")


def test_every_family_has_a_clean_prompt():
    assert set(VARIANTS["clean"]["families"]) == set(FAMILIES)


@pytest.mark.parametrize("family", [name for name in FAMILIES if FAMILIES[name].system != "refused"])
def test_earlier_turns_stand_before_the_question(render, family):
    (train,) = render(LATER, family=family)
    (test,) = render(LATER, family=family, split="test")
    assert train["prompt"] == test["prompt"], "marks are taken away"
    places = [train["prompt"].index(text) for text in ("짧게 답해라", "안녕?", "안녕하세요.", "여행을 가보셨나요?")]
    assert places == sorted(places)
    if family not in PLAIN:
        turns = [("system", "짧게 답해라"), *((turn["role"], turn["content"]) for turn in EARLIER)]
        assert train["prompt"] == FAMILIES[family].prompt([*turns, ("user", "여행을 가보셨나요?")])


def test_a_role_that_the_family_refuses_is_named_with_its_row(render):
    with pytest.raises(UserError, match="row '2' of train: family 'gemma2' refuses a system turn"):
        render(ALONE, LATER, family="gemma2")


def test_a_prompt_that_shows_no_earlier_turns_is_refused_where_there_are_some(render):
    content = {"families": {"gemma2": {"turns": [{"role": "user", "content": "{{ instruction }}"}]}}}
    assert render(ALONE, family="gemma2", content=content)
    with pytest.raises(UserError, match="row '2' of test: the row has earlier turns, and the prompt shows none"):
        render(LATER, family="gemma2", content=content, split="test")


def test_a_control_token_in_an_earlier_answer_is_not_learned(render):
    turns = [EARLIER[0], {"role": "assistant", "content": "끝<|end_of_text|>"}]
    (row,) = render({**LATER, "history": turns})
    assert row["excluded"] == "control token in the earlier answer: <|end_of_text|> cannot be learned as text"


class _Tokenizer:
    """The byte tokenizer as training calls it."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def __call__(self, texts, add_special_tokens):
        return {"input_ids": [self.tokenizer.encode(text, add_special_tokens=add_special_tokens).ids for text in texts]}

    def convert_ids_to_tokens(self, number):
        return self.tokenizer.id_to_token(number)


@pytest.mark.parametrize("family", ["plain_llama3", "chatml", "gemma3", "qwen2"])
def test_loss_is_on_the_last_turn_or_on_all_of_the_assistants(render, tokenizers, family, tmp_path):
    pl.DataFrame(render(ALONE, LATER, family=family)).write_parquet(tmp_path / "train.parquet")
    stop = FAMILIES[family].stop

    def learned(loss):
        rows = encoding.encode_rows(tmp_path / "train.parquet", _Tokenizer(tokenizers[family]), loss)
        return [
            tokenizers[family].decode([one for one, bit in zip(*pair, strict=True) if bit], skip_special_tokens=False)
            for pair in zip(rows.ids, rows.mask, strict=True)
        ]

    assert learned("completion") == [f"아니요.{stop}"] * 2
    assert learned("turns") == [f"아니요.{stop}", f"안녕하세요.{stop}아니요.{stop}"]


def test_loss_on_turns_needs_conversations(render, tokenizers, tmp_path):
    rows = [{key: value for key, value in row.items() if key != "spans"} for row in render(ALONE)]
    pl.DataFrame(rows).write_parquet(tmp_path / "train.parquet")
    with pytest.raises(UserError, match="no conversations"):
        encoding.encode_rows(tmp_path / "train.parquet", _Tokenizer(tokenizers["plain_llama3"]), "turns")
