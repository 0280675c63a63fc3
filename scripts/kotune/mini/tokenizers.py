"""The stand-ins' tokenizers: one byte-level BPE, with the special tokens of each family. Writes tokenizer folders.

The merges are learnt once, on generated text, and shared; a family adds its own special tokens behind them, as Qwen
and Llama 3 do. The pre-tokenizer is Qwen2's own for every family: transformers puts that one in place of whatever
was saved as soon as a folder's config.json says ``qwen2``, and any other would then cut text differently from how
the model was trained.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.storage import write_json
from kotune.mini.news import articles
from kotune.mini.patterns import Topic
from kotune.mini.reading import passage
from kotune.mini.wordstock import SYLLABLES

if TYPE_CHECKING:
    from tokenizers import Tokenizer

VOCABULARY = 4096
"""Rows of every stand-in's embedding: merges, bytes and special tokens together."""
_SPECIALS_AT_MOST = 8
_QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Words of the prompts that the studies use: the tokenizer learns them, so that they do not fall apart into bytes; no
# model is pretrained on them.
_PROMPT_WORDS = (
    "너는 주어진 Context를 토대로 Question에 답하는 챗봇이야. Question에 대한 답변만 가급적 한 단어로 최대한 "
    "간결하게 답변하도록 해.",
    "Context: Question: Answer:",
    "### System:\n### User:\n### Assistant:\n",
    "You are a helpful assistant.",
    "system user assistant model",
)


@dataclass(frozen=True)
class Family:
    """How a family marks text: its special tokens and what each is for.

    ``document_end`` closes plain text, ``turn_end`` closes an answer in a chat; generation stops at either.
    """

    name: str
    specials: tuple[str, ...]
    bos: str | None
    eos: str
    pad: str
    document_end: str
    turn_end: str

    @property
    def stops(self) -> tuple[str, ...]:
        """The tokens that end an answer, the tokenizer's own eos first."""
        return tuple(dict.fromkeys((self.eos, self.turn_end, self.document_end)))


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family(
            name="gemma2",
            specials=("<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>"),
            bos="<bos>",
            eos="<eos>",
            pad="<pad>",
            document_end="<eos>",
            turn_end="<end_of_turn>",
        ),
        Family(
            name="chatml",
            specials=("<s>", "</s>", "<|im_end|>", "<|im_start|>", "<pad>"),
            bos="<s>",
            eos="<|im_end|>",
            pad="<pad>",
            document_end="</s>",
            turn_end="<|im_end|>",
        ),
        Family(
            name="solar",
            specials=("<s>", "</s>", "<|im_end|>", "<|im_start|>", "<pad>"),
            bos="<s>",
            eos="<|im_end|>",
            pad="<pad>",
            document_end="</s>",
            turn_end="<|im_end|>",
        ),
        Family(
            name="qwen2",
            specials=("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
            bos=None,
            eos="<|im_end|>",
            pad="<|endoftext|>",
            document_end="<|endoftext|>",
            turn_end="<|im_end|>",
        ),
        Family(
            name="llama3",
            specials=(
                "<|begin_of_text|>",
                "<|end_of_text|>",
                "<|start_header_id|>",
                "<|end_header_id|>",
                "<|eot_id|>",
                "<|finetune_right_pad_id|>",
            ),
            bos="<|begin_of_text|>",
            eos="<|eot_id|>",
            pad="<|finetune_right_pad_id|>",
            document_end="<|end_of_text|>",
            turn_end="<|eot_id|>",
        ),
        Family(
            name="exaone3",
            specials=("[PAD]", "[BOS]", "[EOS]", "[|endofturn|]"),
            bos=None,
            eos="[|endofturn|]",
            pad="[PAD]",
            document_end="[EOS]",
            turn_end="[|endofturn|]",
        ),
        # a base model: no turns, no template
        Family(
            name="plain_llama3",
            specials=("<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>"),
            bos="<|begin_of_text|>",
            eos="<|end_of_text|>",
            pad="<|reserved_special_token_0|>",
            document_end="<|end_of_text|>",
            turn_end="<|end_of_text|>",
        ),
    )
}

_CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CHAT_TEMPLATES: Mapping[str, str] = {
    "gemma2": "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "<start_of_turn>{{ 'model' if message['role'] == 'assistant' else message['role'] }}\n"
    "{{ message['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}",
    "chatml": "{{ bos_token }}" + _CHATML,
    "solar": "{{ bos_token }}" + _CHATML,
    "qwen2": _CHATML,
    "llama3": "{{ bos_token }}{% for message in messages %}"
    "<|start_header_id|>{{ message['role'] }}<|end_header_id|>\n\n"
    "{{ message['content'] | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}",
    "exaone3": "{% for message in messages %}{{ '[|' + message['role'] + '|]' + message['content'] }}"
    "{{ '\n' if message['role'] == 'user' else '[|endofturn|]\n' }}{% endfor %}"
    "{% if add_generation_prompt %}[|assistant|]{% endif %}",
}


def syllables(topics: tuple[Topic, ...]) -> str:
    """Every Hangul syllable of the stocks, the prompts and the seen patterns, one a line.

    Learnt as lines of their own, they become whole tokens, so that a name never seen is spelt in syllables and not
    in bytes.
    """
    sources = [SYLLABLES, *_PROMPT_WORDS]
    for topic in topics:
        sources += [text.source for pattern in topic.chosen(False) for text in pattern.texts]
        sources += [wording.source for p in topic.chosen(False) for q in p.questions for wording in q.wordings]
        sources += [text.source for text in topic.distractors]
    found = {sign for source in sources for sign in source if "가" <= sign <= "힣"}
    return "\n".join(sorted(found))


def training_lines(topics: tuple[Topic, ...], seed: int, lines: int) -> Iterator[str]:
    """Generated text for learning the merges: news, reading tasks, questions, prompts' words, single syllables."""
    alphabet = syllables(topics)
    rng = random.Random(f"{seed}/tokenizer")
    news = articles(topics, f"{seed}/tokenizer", "train")
    for number in range(lines):
        if number % 2:
            task = passage(rng)
            yield task.context + "\n" + "\n".join(f"질문: {q}\n답: {a}" for q, a in task.asked[:3])
        else:
            article = next(news)
            yield article.context + "\n" + "\n".join(f"Q. {one.question}\nA. {one.answer}" for one in article.asked[:3])
        if number % 20 == 0:
            yield from _PROMPT_WORDS
            yield alphabet


def train_merges(topics: tuple[Topic, ...], seed: int, lines: int = 8000, vocabulary: int = VOCABULARY) -> Tokenizer:
    """Learn the merges of the stand-ins that read news. The same patterns, seed and size give the same merges."""
    return learn_merges(training_lines(topics, seed, lines), vocabulary)


def learn_merges(lines: Iterable[str], vocabulary: int) -> Tokenizer:
    """Learn a byte-level BPE on text; no special tokens yet. The same lines give the same merges."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_QWEN2_SPLIT), behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - _SPECIALS_AT_MOST,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def for_family(merges: Tokenizer, family: Family) -> Tokenizer:
    """A copy of the shared tokenizer with the family's special tokens behind it."""
    from tokenizers import AddedToken, Tokenizer

    tokenizer = Tokenizer.from_str(merges.to_str())
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in family.specials])
    return tokenizer


def save(tokenizer: Tokenizer, family: Family, folder: Path, context: int) -> None:
    """Write tokenizer.json, tokenizer_config.json and chat_template.jinja (none for base models) for AutoTokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    settings = {
        "tokenizer_class": "Qwen2Tokenizer" if family.name == "qwen2" else "PreTrainedTokenizerFast",
        "bos_token": family.bos,
        "eos_token": family.eos,
        "pad_token": family.pad,
        "unk_token": None,
        "add_bos_token": False,
        "add_eos_token": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": context,
        "extra_special_tokens": [t for t in family.specials if t not in (family.bos, family.eos, family.pad)],
    }
    write_json(folder / "tokenizer_config.json", settings)
    if family.name in CHAT_TEMPLATES:
        (folder / "chat_template.jinja").write_text(CHAT_TEMPLATES[family.name], encoding="utf-8")
