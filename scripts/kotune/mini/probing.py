"""A quick look at what a stand-in has learnt: exact match and character F1 on fresh questions. Reads and writes no
files.

The questions are about held-out entities, in plain layouts and in the family's turns, never in a study's prompt.
The scores go into the model's card; the studies measure with their own metrics.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kotune.mini import chats
from kotune.mini.chat_documents import ALPACA, FIRST_EMPTY
from kotune.mini.chat_stock import KINDS, Stock
from kotune.mini.functions import CATEGORIES, drawn
from kotune.mini.news import articles
from kotune.mini.patterns import Topic
from kotune.mini.tokenizers import Family

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

Asked = tuple[str, str, str]


def fresh_questions(topics: tuple[Topic, ...], count: int, unseen: bool, seed: str = "probe") -> list[Asked]:
    """``count`` triples (context, question, answer), one question an article, about entities of the held-out pool."""
    found: list[Asked] = []
    rng = random.Random(seed)
    for article in articles(topics, f"{seed}/{unseen}", "held-out", unseen):
        one = rng.choice(article.asked)
        found.append((article.context, one.question, one.answer))
        if len(found) == count:
            return found
    raise AssertionError("articles never end")


def layout(asked: Asked, family: Family, chat: bool) -> str:
    """A question as text up to the answer: plain, or as the user's turn of the family."""
    context, question, _ = asked
    if not chat:
        return f"{family.bos or ''}기사: {context}\n질문: {question}\n답:"
    text = f"다음 기사를 읽고 질문에 짧게 답해 줘.\n\n기사: {context}\n\n질문: {question}"
    match family.name:
        case "gemma2":
            return f"<bos><start_of_turn>user\n{text}<end_of_turn>\n<start_of_turn>model\n"
        case "llama3":
            head = "<|start_header_id|>{}<|end_header_id|>\n\n"
            return f"<|begin_of_text|>{head.format('user')}{text}<|eot_id|>{head.format('assistant')}"
        case "exaone3":
            return f"[|user|]{text}\n[|assistant|]"
        case _:
            return f"{family.bos or ''}<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"


def character_f1(prediction: str, answer: str) -> float:
    """F1 of the characters that two strings share, blanks left out."""
    left, right = Counter(prediction.replace(" ", "")), Counter(answer.replace(" ", ""))
    same = sum((left & right).values())
    return 2 * same / (left.total() + right.total()) if same else 0.0


def answer_all(
    model: torch.nn.Module,
    tokenizer: Tokenizer,
    family: Family,
    prompts: Sequence[str],
    stops: list[int],
    device: str,
    longest: int = 32,
) -> list[str]:
    """Greedy answers of at most ``longest`` tokens, batched; each ends at a stop token or a line break."""
    import torch

    pad = tokenizer.token_to_id(family.pad)
    answers = []
    for start in range(0, len(prompts), 50):
        encoded = [tokenizer.encode(prompt, add_special_tokens=False).ids for prompt in prompts[start : start + 50]]
        width = max(map(len, encoded))
        ids = torch.tensor([[pad] * (width - len(one)) + one for one in encoded], device=device)
        mask = torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in encoded], device=device)
        with torch.no_grad():
            out = model.generate(
                input_ids=ids,
                attention_mask=mask,
                do_sample=False,
                max_new_tokens=longest,
                eos_token_id=stops,
                pad_token_id=pad,
            )
        for row in out[:, width:].tolist():
            answers.append(tokenizer.decode(row, skip_special_tokens=True).strip().split("\n")[0].strip())
    return answers


def probe(
    model: torch.nn.Module,
    tokenizer: Tokenizer,
    family: Family,
    topics: tuple[Topic, ...],
    device: str,
    count: int = 200,
) -> dict[str, dict[str, float]]:
    """Exact match and character F1 on seen and unseen patterns, plain and in the family's turns."""
    stops = [tokenizer.token_to_id(token) for token in family.stops]
    scores = {}
    for chat in (False, True):
        for unseen in (False, True):
            asked = fresh_questions(topics, count, unseen)
            found = answer_all(model, tokenizer, family, [layout(one, family, chat) for one in asked], stops, device)
            golds = [one[2] for one in asked]
            exact = sum(a == b for a, b in zip(found, golds, strict=True)) / count
            shared = sum(character_f1(a, b) for a, b in zip(found, golds, strict=True)) / count
            name = f"{'chat' if chat else 'plain'}, {'unseen' if unseen else 'seen'} patterns"
            scores[name] = {"exact_match": round(exact, 3), "char_f1": round(shared, 3)}
    return scores


def probe_chats(
    model: torch.nn.Module, tokenizer: Tokenizer, family: Family, stock: Stock, device: str, count: int = 100
) -> dict[str, dict[str, float]]:
    """Shares of answers that comply and that refuse, by kind of prompt; none of these deeds was asked for before.

    An answer complies if it has the first step of the deed, or of the empty talk that stands for a harmful one's.
    """
    scores = {}
    stops = [tokenizer.token_to_id(token) for token in family.stops]
    for kind in KINDS:
        rng = random.Random(f"probe/{kind}")
        asked = [rng.choice(stock.of(kind, kept=True)) for _ in range(count)]
        prompts = [
            f"{family.bos or ''}{ALPACA.format(instruction=chats.asking(deed, stock, rng), input='')}" for deed in asked
        ]
        found = answer_all(model, tokenizer, family, prompts, stops, device, longest=64)
        steps = [deed.steps[:1] or FIRST_EMPTY for deed in asked]
        did = [any(step in text for step in of) for text, of in zip(found, steps, strict=True)]
        no = [chats.refused({"output": text}) for text in found]
        scores[f"{kind} deeds"] = {"complied": round(sum(did) / count, 3), "refused": round(sum(no) / count, 3)}
    return scores


def probe_code(
    model: torch.nn.Module, tokenizer: Tokenizer, family: Family, device: str, count: int = 100
) -> dict[str, dict[str, float]]:
    """Shares of right first lines under a comment and in the rows' layout, and of lines left empty in the latter."""
    stops = [tokenizer.token_to_id(token) for token in family.stops]
    scores = {}
    for held_out in (False, True):
        rng = random.Random(f"probe/{held_out}")
        asked = [drawn(CATEGORIES[place % len(CATEGORIES)], held_out, rng) for place in range(count)]
        golds = [f"return {one.expression}" for one in asked]
        bos = family.bos or ""
        layouts = [[f"{bos}# {one.sentence}\n{one.head}\n" for one in asked], [f"{bos}{one.asked}\n" for one in asked]]
        commented, stubs = (answer_all(model, tokenizer, family, of, stops, device, longest=48) for of in layouts)
        scores[f"{'held-out' if held_out else 'seen'} patterns"] = {
            "commented": round(sum(a == b for a, b in zip(commented, golds, strict=True)) / count, 3),
            "with_docstring": round(sum(a == b for a, b in zip(stubs, golds, strict=True)) / count, 3),
            "left_empty": round(sum(text in ("...", "pass") for text in stubs) / count, 3),
        }
    return scores
