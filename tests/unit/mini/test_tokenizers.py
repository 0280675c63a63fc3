"""The stand-ins' tokenizers: lossless, alike whether read raw or through transformers, with each family's own signs."""

from itertools import islice
from pathlib import Path

import pytest

from kotune.core.names import ROOT
from kotune.core.storage import write_json
from kotune.mini import tokenizers
from kotune.mini.news import articles
from kotune.mini.patterns import load_topics

ROOT = ROOT / "resources" / "mini"
TOPICS = load_topics(ROOT / "econ-news" / "patterns")
MODEL_TYPES = {
    "gemma2": "gemma2",
    "qwen2": "qwen2",
    "chatml": "llama",
    "solar": "llama",
    "llama3": "llama",
    "exaone3": "llama",
    "plain_llama3": "llama",
}
ODD_LINES = ["  두 칸  뒤에\n\n\n줄바꿈", "don't ABC123 12만㎡ — 🙂 \t탭", "똠방각하 펲시콜라 쉐뷁", "", " "]


@pytest.fixture(scope="module")
def lines() -> list[str]:
    made = [f"{one.context}\n질문: {one.asked[0].question}" for one in islice(articles(TOPICS, "t", "held-out"), 495)]
    return made + ODD_LINES


@pytest.fixture(scope="module")
def merges():
    return tokenizers.train_merges(TOPICS, seed=3, lines=600)


def test_the_same_text_gives_the_same_merges(merges) -> None:
    assert tokenizers.train_merges(TOPICS, seed=3, lines=600).to_str() == merges.to_str()


def test_text_survives_the_round_trip(merges, lines: list[str]) -> None:
    assert [merges.decode(merges.encode(line).ids) for line in lines] == lines


@pytest.mark.parametrize("family", sorted(tokenizers.FAMILIES))
def test_transformers_reads_the_folder_to_the_same_tokens(
    merges, lines: list[str], family: str, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    kind = tokenizers.FAMILIES[family]
    raw = tokenizers.for_family(merges, kind)
    tokenizers.save(raw, kind, tmp_path, 1024)
    # The config decides which class transformers takes, and Qwen2's brings a pre-tokenizer of its own.
    write_json(tmp_path / "config.json", {"model_type": MODEL_TYPES[family]})
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    marked = [f"{kind.bos or ''}{line}{kind.turn_end}\n{kind.document_end}" for line in lines]
    for line in lines + marked:
        expected = raw.encode(line, add_special_tokens=False).ids
        assert loaded(line, add_special_tokens=False)["input_ids"] == expected
        assert loaded(line)["input_ids"] == expected, "a special token was added by itself"
    assert (loaded.bos_token, loaded.eos_token, loaded.pad_token) == (kind.bos, kind.eos, kind.pad)
    assert loaded.pad_token_id != loaded.eos_token_id
    assert len(loaded) <= tokenizers.VOCABULARY


@pytest.mark.parametrize("family", sorted(tokenizers.FAMILIES))
def test_special_tokens_are_one_token_each(merges, family: str) -> None:
    kind = tokenizers.FAMILIES[family]
    raw = tokenizers.for_family(merges, kind)
    for token in kind.specials:
        assert len(raw.encode(f"{token}", add_special_tokens=False).ids) == 1
    assert set(kind.stops) <= set(kind.specials)


def test_chat_templates_open_the_answer_turn(merges, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    opened = {}
    for name, kind in tokenizers.FAMILIES.items():
        tokenizers.save(tokenizers.for_family(merges, kind), kind, tmp_path / name, 1024)
        write_json(tmp_path / name / "config.json", {"model_type": MODEL_TYPES[name]})
        loaded = AutoTokenizer.from_pretrained(tmp_path / name)
        if kind.turn_end == kind.document_end:  # base models have no turns
            assert loaded.chat_template is None
            continue
        messages = [{"role": "user", "content": "가"}]
        opened[name] = loaded.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    turn = "<|start_header_id|>{}<|end_header_id|>\n\n"
    assert opened == {
        "gemma2": "<bos><start_of_turn>user\n가<end_of_turn>\n<start_of_turn>model\n",
        "chatml": "<s><|im_start|>user\n가<|im_end|>\n<|im_start|>assistant\n",
        "solar": "<s><|im_start|>user\n가<|im_end|>\n<|im_start|>assistant\n",
        "qwen2": "<|im_start|>user\n가<|im_end|>\n<|im_start|>assistant\n",
        "llama3": f"<|begin_of_text|>{turn.format('user')}가<|eot_id|>{turn.format('assistant')}",
        "exaone3": "[|user|]가\n[|assistant|]",
    }
