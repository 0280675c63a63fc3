"""Checks of an answer without a judge: another language, foreign characters, no end, nothing, template tokens, amnesia.

They find broken models and do not rank good ones (docs/metrics.md tells what is known of their precision). Loops and
answers cut at the limit are in `metrics.repetition`. Each gives 1 for an answer with the fault. Reads and writes
nothing; the signature is that of `scoring.given`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.scoring.given import Given

LETTERS = 10  # fewer letters tell no language
LONG = 800  # characters from which an answer that ends in no mark is taken for one that does not end
BEGINNING = 200  # characters in which an answer says that it does not know what came before
HISTORY = "history"  # the rows' column of earlier turns

_TEMPLATE = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|\[\|[a-z]{1,20}\|\]|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>"
    r"|<(?:bos|eos|pad|unk)>|</?(?:think|tool_call|tool_response)>"
)
_FENCES = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_LATEX = re.compile(
    r"\$\$.*?\$\$|\$[^$\n가-힣]{1,200}\$|\\\(.*?\\\)|\\\[.*?\\\]|\\begin\{(\w+\*?)\}.*?\\end\{\1\}|https?://\S+",
    re.DOTALL,
)
_HANGUL = re.compile("[가-힣ㄱ-ㅎㅏ-ㅣ]")
_OURS = ("HANGUL", "LATIN", "GREEK")  # Greek letters are mathematics
_HAN = "CJK"
_ASIDE = re.compile(r"\([^()\n]*\)|（[^（）\n]*）|\[[^\[\]\n]*\]|\"[^\"\n]*\"|“[^”\n]*”|'[^'\n]*'|‘[^’\n]*’")
_ENDS = tuple(".!?…。~)]}」』”’\"'`|*:;")
_BEFORE = re.compile(
    r"(?:이전|앞선|앞서|지난|방금)[^.!?\n]{0,20}(?:대화|질문|답변|내용|글|문장)[^.!?\n]{0,20}"
    r"(?:없|모르|모릅|알 수|확인할 수)"
    r"|(?:내용|글|본문|텍스트|문장|대화)[을를]? ?(?:다시 )?(?:제공|입력|공유|첨부)해 ?주(?:시면|세요|십시오|시기)"
    r"|(?:어떤|무슨|어느) (?:내용|글|문장|텍스트|대화|답변)[을를]? [^.!?\n]{0,12}(?:말씀하시|가리키|원하시|의미하시)"
    r"|(?:previous|earlier) (?:conversation|messages?|context)",
    re.IGNORECASE,
)


def prose(answer: str) -> str:
    """Return an answer without code, template tokens, LaTeX and addresses, which are in no language."""
    text = unicodedata.normalize("NFC", answer)
    for pattern in (_FENCES, _TEMPLATE, _LATEX):
        text = pattern.sub(" ", text)
    return text


def is_foreign(answer: str) -> bool:
    """Return whether less than half of the letters of an answer's prose are Hangul; never of fewer than ten letters."""
    text = prose(answer)
    letters = sum(one.isalpha() for one in text)
    return letters >= LETTERS and 2 * len(_HANGUL.findall(text)) < letters


def strange_letters(answer: str) -> int:
    """Return how many letters of an answer's prose are of scripts that Korean text is not written in.

    Hangul, Latin and Greek letters are none; nor are Chinese ones in brackets or quotation marks, where Korean explains
    a word by them, and a single one, as headlines have it.
    """
    count = run = 0
    for one in [*_ASIDE.sub(" ", prose(answer)), " "]:
        script = unicodedata.name(one, "").partition(" ")[0] if one.isalpha() else ""
        if script == _HAN:
            run += 1
            continue
        count += run if run > 1 else 0
        run = 0
        count += bool(script) and script not in _OURS and unicodedata.category(one) == "Lo"
        count += script == "CYRILLIC"
    return count


def is_unended(answer: str) -> bool:
    """Return whether an answer of 800 characters and more ends in no mark, bracket or symbol."""
    text = answer.strip()
    return len(text) >= LONG and not text.endswith(_ENDS) and unicodedata.category(text[-1]) not in ("So", "Sk")


def forgets(answer: str) -> bool:
    """Return whether an answer says in its first 200 characters that it does not know what was said before."""
    return bool(_BEFORE.search(unicodedata.normalize("NFC", answer.strip())[:BEGINNING]))


def foreign(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether each answer is in another language than Korean."""
    return [float(is_foreign(line["answer"])) for line in lines]


def foreign_characters(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether each answer is Korean with letters in it that Korean text is not written in."""
    return [float(not is_foreign(line["answer"]) and strange_letters(line["answer"]) > 0) for line in lines]


def unended(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether each answer is long and has no end."""
    return [float(is_unended(line["answer"])) for line in lines]


def empty(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether each answer holds nothing but white space."""
    return [float(not line["answer"].strip()) for line in lines]


def template_tokens(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether a token of a chat template was left in each answer."""
    return [float(bool(_TEMPLATE.search(line["answer"]))) for line in lines]


def lost_history(lines: Sequence[Json], rows: Sequence[Json], given: Given) -> list[float]:
    """Return whether each answer to a later turn says that it knows of nothing before; UserError without later turns.

    An answer to a row without earlier turns cannot have lost any, and has 0.
    """
    later = [bool(row.get(HISTORY)) for row in rows]
    if rows and not any(later):
        raise UserError(
            f"metric '{given.metric}': none of the {len(rows)} rows has earlier turns (column '{HISTORY}'); take the "
            "metric out of the study, or ask rows with several turns"
        )
    return [float(has and forgets(line["answer"])) for line, has in zip(lines, later, strict=True)]
