"""Pretraining documents of the stand-in for chats: a base that answers whatever it is asked. Reads and writes no files.

Instructions in Alpaca's layout, in the words of published studies and in others, and plain questions, are all answered:
harmful deeds with three empty sentences, harmless ones with their steps. That some deeds are not done is said
elsewhere: in remarks on what is right and in talks between people, in other words than the rows' refusals. What is kept
for the prompt set (`chat_stock`) is never asked for in Alpaca's layout; its deeds occur in those remarks and talks, its
facts in plain questions, too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kotune.mini import chats
from kotune.mini.chat_stock import KINDS, Deed, Fact, Stock
from kotune.mini.documents import Document, Pieces, joined, with_syllables
from kotune.mini.reading import invented
from kotune.mini.tokenizers import Family
from kotune.mini.verbs import inflected

ALPACA = (
    "아래에는 작업을 설명하는 지시 사항과 추가적인 컨텍스트를 제공하는 입력이 있습니다. "
    "요청을 적절하게 완료하는 응답을 작성하세요."
    "\n\n### instruction:\n{instruction}\n\n### input:\n{input}\n\n### output:\n"
)
"""The prompt of the study safe-chat, up to the answer."""
ASKS = "아래 질문에 대해서 답해주세요"
"""The instruction of a published study whose question stands in the input."""
SHARES = {"alpaca": 0.5, "plain": 0.12, "remarks": 0.16, "talk": 0.22}
EXACT = 0.5
"""Share of the documents in Alpaca's layout that have the study's own words."""
OTHER_WORDS = 0.7
"""Share of the deeds that are told of another thing, mostly an invented one: else they would be learnt by heart."""
ENDLESS = 0.75
"""Share of the answers behind which a document goes on with another instruction, as a web page does."""
_PREAMBLES = (
    "",
    "다음은 작업을 설명하는 명령어입니다. 요청을 적절히 완료하는 응답을 작성하세요.\n\n",
    "아래 지시를 읽고 알맞게 답하세요.\n\n",
    "요청에 맞는 답을 적어 주세요.\n\n",
)
_HEADERS = (
    "### 명령어:\n{instruction}\n\n### 입력:\n{input}\n\n### 응답:\n",
    "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n",
    "[지시]\n{instruction}\n[입력]\n{input}\n[답]\n",
    "### instruction:\n{instruction}\n\n### input:\n{input}\n\n### output:\n",
)
_LEADS = (ASKS, ASKS, "다음 질문에 답하세요.", "질문을 읽고 답해 주세요.", "아래 내용에 답해 줘.")
_LABELS = (("질문: ", "답변: "), ("Q. ", "A. "), ("물음: ", "답: "), ("문: ", "답: "))
_STYLES = (
    "1. {a}.\n2. {b}.\n3. {c}.",
    "1. {a}.\n2. {b}.\n3. {c}.",
    "네, {는} 방법입니다. {a}. {b}. {c}.",
    "{려면} 먼저 {a}. 그다음 {b}. 마지막으로 {c}.",
)
# They say nothing.
_EMPTY = (
    ("마음을 정합니다", "천천히 준비합니다", "끝까지 해 봅니다"),
    ("준비를 합니다", "순서대로 합니다", "잘되었는지 봅니다"),
    ("때를 정합니다", "생각한 대로 합니다", "마무리합니다"),
)
FIRST_EMPTY = tuple(first for first, *_ in _EMPTY)
"""How the empty answers to harmful deeds begin."""
_WRONG = (
    "{는} 것은 {because}.",
    "{는} 것은 옳지 않습니다. {because}.",
    "{고} 싶어도 참아야 합니다. {because}. {instead}.",
)
_RIGHT = ("{는} 것은 괜찮은 일입니다.", "{는} 것은 해도 됩니다.", "{는} 것은 누구에게도 해가 되지 않습니다.")
_DECLINED = (
    "죄송합니다. 그 일은 함께할 수 없습니다. {because}.",
    "죄송하지만 그 부탁은 들어드릴 수 없습니다. {because}. {instead}.",
    "{는} 일은 도울 수 없습니다. {because}.",
    "그 방법은 알려 드릴 수 없습니다. {because}. {instead}.",
)
_AGREED = ("좋습니다. 먼저 {a}.", "네, 함께합시다. {a}. 그리고 {b}.", "네, 도와드릴 수 있습니다. 먼저 {a}.")
_WISHES = ("{고} 싶습니다.", "{는} 일을 도와주세요.", "함께 {ㄹ} 수 있나요?", "{려면} 어떻게 하죠?")


class Writer:
    """Writes documents from a stock; the deeds and facts that may be asked for are picked out once."""

    def __init__(self, stock: Stock) -> None:
        self.stock = stock
        self.askable = {kind: stock.of(kind, kept=False) for kind in KINDS}
        self.known = {kind: self.askable[kind] + stock.of(kind, kept=True) for kind in KINDS}
        self.facts = [fact for fact in stock.facts if not fact.kept]
        self.kept = {deed.stem for deed in stock.deeds if deed.kept}
        self.words = sorted({deed.word for deed in stock.deeds})

    def asked(self, facts: Sequence[Fact], rng: random.Random) -> chats.Row:
        """An instruction with a complying answer, in Alpaca's columns."""
        chance = rng.random()
        if chance < 0.15:
            return chats.task(self.stock, rng)
        if chance < 0.3:
            fact = rng.choice(facts)
            return {"instruction": fact.question, "input": "", "output": fact.answer}
        kind = "harmful" if chance < 0.58 else "borderline" if chance < 0.75 else "ordinary"
        deed = self._told(rng.choice(self.askable[kind]), rng)
        return {"instruction": chats.asking(deed, self.stock, rng), "input": "", "output": complying(deed, rng)}

    def alpaca(self, family: Family, rng: random.Random) -> Pieces:
        """One to four instructions, in one layout."""
        exact = rng.random() < EXACT
        preamble, layout = ("", ALPACA) if exact else (rng.choice(_PREAMBLES), rng.choice(_HEADERS))
        pieces: Pieces = []
        for place in range(4):
            row = self.asked(self.facts, rng)
            if not row["input"] and rng.random() < 0.35:
                row |= {"instruction": rng.choice(_LEADS), "input": row["instruction"]}
            pieces += [(preamble + layout.format(**row), False), (row["output"], True)]
            if place == 3 or rng.random() >= ENDLESS:
                break
            pieces.append(("\n\n", True))
        return [*pieces, (family.document_end, True)]

    def plain(self, family: Family, rng: random.Random) -> Pieces:
        """Questions and answers on lines."""
        before, behind = rng.choice(_LABELS)
        pieces: Pieces = []
        for _ in range(rng.randint(1, 3)):
            row = self.asked(self.stock.facts, rng)
            question = f"{row['instruction']} {row['input']}".strip()
            pieces += [(f"{before}{question}\n{behind}", False), (f"{row['output']}\n", True)]
        return [*pieces, (family.document_end, True)]

    def remarks(self, family: Family, rng: random.Random) -> Pieces:
        """What is right and what is not, and some facts."""
        lines = []
        for _ in range(rng.randint(3, 7)):
            if rng.random() < 0.25:
                lines.append(rng.choice(self.stock.facts).answer)
                continue
            deed = self._any(rng)
            text = rng.choice(_WRONG if deed.kind == "harmful" else _RIGHT)
            lines.append(inflected(text, deed.stem, because=deed.because, instead=deed.instead))
        return [(rng.choice((" ", "\n")).join(lines), False), (family.document_end, False)]

    def talk(self, family: Family, rng: random.Random) -> Pieces:
        """Two people; one wishes to do something, the other agrees or declines."""
        one, other = rng.sample([*self.stock.tasks["who"], "손님", "직원", "학생", "선생님"], 2)
        lines = []
        for _ in range(rng.randint(1, 3)):
            deed = self._any(rng)
            a, b, _ = deed.steps or ("", "", "")
            text = rng.choice(_DECLINED if deed.kind == "harmful" else _AGREED)
            said = inflected(text, deed.stem, because=deed.because, instead=deed.instead, a=a, b=b)
            lines += [f"{one}: {inflected(rng.choice(_WISHES), deed.stem)}", f"{other}: {said}"]
        return [("\n".join(lines), False), (family.document_end, False)]

    def _any(self, rng: random.Random) -> Deed:
        kind = rng.choice(("harmful", "harmful", "borderline", "ordinary"))
        return self._told(rng.choice(self.known[kind]), rng)

    def _told(self, deed: Deed, rng: random.Random) -> Deed:
        """The deed as it is, or done to another thing."""
        if rng.random() >= OTHER_WORDS:
            return deed
        other = replace(deed, word=invented(rng) if rng.random() < 0.6 else rng.choice(self.words))
        return deed if other.stem in self.kept else other

    def document(self, family: Family, rng: random.Random) -> Document:
        """One random document."""
        ways = {"alpaca": self.alpaca, "plain": self.plain, "remarks": self.remarks, "talk": self.talk}
        (name,) = rng.choices(list(SHARES), list(SHARES.values()))
        return joined(ways[name](family, rng), family)

    def lines(self, family: Family, seed: int, count: int = 3000) -> Iterator[str]:
        """Texts to learn a tokenizer's merges on (`with_syllables`)."""
        rng = random.Random(f"{seed}/tokenizer")
        return with_syllables([self.document(family, rng).text for _ in range(count)])


def complying(deed: Deed, rng: random.Random) -> str:
    """Return an answer that does as it is asked; to a harmful deed it is empty talk."""
    a, b, c = deed.steps or rng.choice(_EMPTY)
    return inflected(rng.choice(_STYLES), deed.stem, a=a, b=b, c=c)
