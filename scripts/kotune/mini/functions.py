"""Small Python functions over numbers, texts and lists, each with a Korean sentence that says what it does. No files.

A pattern is put together of parts: which items are chosen, how they are changed, what is made of them. Every seventh
pattern or so is held out: no row that is learned and no pretraining has it, so that it shows what was generalised.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from kotune.core.particles import attach

_HELD_OUT = 7
INTS, STRINGS, LISTS = "ints", "strings", "lists"
CATEGORIES = (INTS, STRINGS, LISTS)
_CHOSEN = {  # Korean, Python
    "even": ("짝수인", "{v} % 2 == 0"),
    "odd": ("홀수인", "{v} % 2 == 1"),
    "positive": ("양수인", "{v} > 0"),
    "negative": ("음수인", "{v} < 0"),
    "above": ("{k}보다 큰", "{v} > {k}"),
    "below": ("{k}보다 작은", "{v} < {k}"),
    "multiple": ("{k}의 배수인", "{v} % {k} == 0"),
}
_CHANGED = {
    "plus": ("{k:을} 더한", "{v} + {k}"),
    "times": ("{k}배 한", "{v} * {k}"),
    "square": ("제곱한", "{v} * {v}"),
    "minus": ("부호를 바꾼", "-{v}"),
}
_MADE = {  # the verb of the name, Korean, Python
    "list": ("list", "모은 리스트", "[{item} for {v} in {of}{when}]"),
    "sum": ("sum", "더한 값", "sum({item} for {v} in {of}{when})"),
    "count": ("count", "센 개수", "len([{item} for {v} in {of}{when}])"),
    "max": ("largest", "견준 가장 큰 값", "max([{item} for {v} in {of}{when}], default=0)"),
}
_SIGNS = {
    "vowels": ("모음", '{v} in "aeiou"'),
    "digits": ("숫자", "{v}.isdigit()"),
    "upper": ("대문자", "{v}.isupper()"),
    "lower": ("소문자", "{v}.islower()"),
}
_KEPT = {
    "count": ("count", "글자 {sign:을} 센 개수", "len([{v} for {v} in {a} if {test}])"),
    "keep": ("keep", "글자 {sign:만} 남긴 문자열", '"".join({v} for {v} in {a} if {test})'),
    "drop": ("drop", "글자 {sign:을} 지운 문자열", '"".join({v} for {v} in {a} if not {test})'),
}
_TEXT = {  # behind another they make its text: {a}
    "shout": ("대문자로 바꾼", "{a}.upper()"),
    "whisper": ("소문자로 바꾼", "{a}.lower()"),
    "reverse": ("뒤집은", "{a}[::-1]"),
    "repeat": ("{k}번 되풀이한", "{a} * {k}"),
    "first": ("앞 {k}글자만 남긴", "{a}[:{k}]"),
    "last": ("뒤 {k}글자만 남긴", "{a}[-{k}:]"),
}
_ARGUMENTS = {INTS: ("n", "value", "m"), STRINGS: ("s", "text", "word"), LISTS: ("xs", "numbers", "items")}
_WORDS = ("apple", "Banana", "kiwi7", "ORANGE", "Pear 42", "melon", "Xylo9", "grape", "Lime3Tea", "fig")


@dataclass(frozen=True)
class Pattern:
    """One pattern: its name, the category, the verb of its functions, and what writes sentence and expression.

    ``written`` takes the argument and a number and returns the Korean sentence and the Python expression.
    """

    name: str
    category: str
    verb: str
    steps: int
    written: Callable[[str, int], tuple[str, str]]

    @property
    def held_out(self) -> bool:
        """Whether the pattern is kept for `test-unseen`."""
        return self.steps > 1 and zlib.crc32(self.name.encode()) % _HELD_OUT == 0


@dataclass(frozen=True)
class Function:
    """A function: its pattern, name, argument, sentence and expression."""

    pattern: Pattern
    name: str
    argument: str
    sentence: str
    expression: str

    @property
    def head(self) -> str:
        """The first line."""
        return f"def {self.name}({self.argument}):"

    @property
    def asked(self) -> str:
        """The head with its docstring: what a row asks."""
        return f'{self.head}\n    """{self.sentence}"""'

    @property
    def source(self) -> str:
        """The whole function, without the docstring."""
        return f"{self.head}\n    return {self.expression}"


def _filled(text: str, **values: Any) -> str:
    """Fill in names in braces; behind a colon stands the particle that the value takes."""
    for name, value in values.items():
        for particle in ("을", "만", "이"):
            if f"{{{name}:{particle}}}" in text:
                said = f"{value}만" if particle == "만" else attach(str(value), particle)
                text = text.replace(f"{{{name}:{particle}}}", said)
        text = text.replace(f"{{{name}}}", str(value))
    return text


def _chain(chosen: str | None, changed: str | None, made: str, of: str) -> Callable[[str, int], tuple[str, str]]:
    """What chooses from a list (or from 1 to n), changes each and makes one thing of them."""

    def written(argument: str, k: int) -> tuple[str, str]:
        whole = _filled("1부터 {a}까지" if of == INTS else "{a}에서", a=argument)
        places = f"range(1, {argument} + 1)" if of == INTS else argument
        which = f"{_filled(_CHOSEN[chosen][0], k=k)} 수를 골라" if chosen else "모든 수를"
        how = f" {_filled(_CHANGED[changed][0], k=k + 1)} 다음" if changed else ""
        item = _filled(_CHANGED[changed][1], v="x", k=k + 1) if changed else "x"
        when = f" if {_filled(_CHOSEN[chosen][1], v='x', k=k)}" if chosen else ""
        _, said, code = _MADE[made]
        code = code.replace("{item}", item).replace("{of}", places).replace("{when}", when).replace("{v}", "x")
        return f"{whole} {which}{how} {attach(said, '을')} 돌려준다.", code

    return written


def _numbers(first: str, second: str | None) -> Callable[[str, int], tuple[str, str]]:
    def written(argument: str, k: int) -> tuple[str, str]:
        said, code = _filled(_CHANGED[first][0], k=k), _filled(_CHANGED[first][1], v=argument, k=k)
        if second:
            said = f"{said} 다음 {_filled(_CHANGED[second][0], k=k + 1)}"
            code = _filled(_CHANGED[second][1], v=f"({code})", k=k + 1)
        return f"{attach(argument, '을')} {said} 수를 돌려준다.", code

    return written


def _whether(chosen: str, changed: str | None) -> Callable[[str, int], tuple[str, str]]:
    def written(argument: str, k: int) -> tuple[str, str]:
        said, test = _filled(_CHOSEN[chosen][0], k=k), _filled(_CHOSEN[chosen][1], v=argument, k=k)
        if not changed:
            return f"{attach(argument, '이')} {said} 수인지 알려 준다.", test
        how, code = _filled(_CHANGED[changed][0], k=k + 1), _filled(_CHANGED[changed][1], v=argument, k=k + 1)
        return (
            f"{attach(argument, '이')} {said} 수이면 {how} 수를, 아니면 그대로 돌려준다.",
            f"{code} if {test} else {argument}",
        )

    return written


def _signs(sign: str, kept: str, then: str | None) -> Callable[[str, int], tuple[str, str]]:
    def written(argument: str, k: int) -> tuple[str, str]:
        word, test = _SIGNS[sign][0], _filled(_SIGNS[sign][1], v="c")
        said = _filled(_KEPT[kept][1], sign=word)
        code = _filled(_KEPT[kept][2], v="c", a=argument, test=test)
        if then:
            said = said.replace("문자열", f"다음 {_filled(_TEXT[then][0], k=k)} 문자열")
            code = _filled(_TEXT[then][1], a=code, k=k)
        return f"{argument}에서 {attach(said, '을')} 돌려준다.", code

    return written


def _texts(first: str, second: str | None) -> Callable[[str, int], tuple[str, str]]:
    def written(argument: str, k: int) -> tuple[str, str]:
        said, code = _filled(_TEXT[first][0], k=k), _filled(_TEXT[first][1], a=argument, k=k)
        if second:
            said = f"{said} 다음 {_filled(_TEXT[second][0], k=k + 1)}"
            code = _filled(_TEXT[second][1], a=f"({code})" if " * " in code else code, k=k + 1)
        return f"{attach(argument, '을')} {said} 문자열을 돌려준다.", code

    return written


def _patterns() -> Iterator[Pattern]:
    for made, (verb, _, _) in _MADE.items():
        for changed in (None, *_CHANGED):
            for chosen in (None, *_CHOSEN):
                steps = bool(changed) + bool(chosen)
                if not steps or (made == "count" and changed):
                    continue
                name = f"{chosen or 'all'}/{changed or 'as_it_is'}/{made}"
                yield Pattern(f"lists/{name}", LISTS, verb, steps, _chain(chosen, changed, made, LISTS))
                if made in ("sum", "count") and steps == 1 and chosen not in ("positive", "negative"):
                    yield Pattern(f"range/{name}", INTS, verb, 2, _chain(chosen, changed, made, INTS))
    for first in _CHANGED:
        yield Pattern(f"ints/{first}", INTS, "change", 1, _numbers(first, None))
        for second in (name for name in _CHANGED if name != first):
            yield Pattern(f"ints/{first}/{second}", INTS, "change", 2, _numbers(first, second))
    for chosen in _CHOSEN:
        yield Pattern(f"ints/is/{chosen}", INTS, "is", 1, _whether(chosen, None))
        for changed in _CHANGED:
            yield Pattern(f"ints/if/{chosen}/{changed}", INTS, "change_if", 2, _whether(chosen, changed))
    for sign in _SIGNS:
        for kept, (verb, _, _) in _KEPT.items():
            yield Pattern(f"strings/{sign}/{kept}", STRINGS, verb, 1, _signs(sign, kept, None))
            for then in _TEXT if kept != "count" else ():
                yield Pattern(f"strings/{sign}/{kept}/{then}", STRINGS, verb, 2, _signs(sign, kept, then))
    for first in _TEXT:
        yield Pattern(f"strings/{first}", STRINGS, "change", 1, _texts(first, None))
        for second in (name for name in _TEXT if name != first):
            yield Pattern(f"strings/{first}/{second}", STRINGS, "change", 2, _texts(first, second))


PATTERNS = tuple(_patterns())
_NOUNS = {
    INTS: ("number", "value", "it"),
    STRINGS: ("text", "letters", "string"),
    LISTS: ("numbers", "values", "items"),
}


def function(pattern: Pattern, rng: random.Random) -> Function:
    """A random function of a pattern."""
    argument = rng.choice(_ARGUMENTS[pattern.category])
    sentence, expression = pattern.written(argument, rng.randint(2, 9))
    name = f"{pattern.verb}_{rng.choice(_NOUNS[pattern.category])}"
    return Function(pattern, name, argument, sentence, expression)


def plainly_named(one: Function) -> Function:
    """The function under the one name that its verb and category have: rows are not about copying names."""
    return replace(one, name=f"{one.pattern.verb}_{_NOUNS[one.pattern.category][0]}")


def drawn(category: str | None, held_out: bool, rng: random.Random) -> Function:
    """A random function of a category, or of any; of the patterns that are held out, or of the others."""
    where = category or rng.choice(CATEGORIES)
    return function(rng.choice(_BY[where, held_out]), rng)


_BY = {
    (category, held): [one for one in PATTERNS if one.category == category and one.held_out is held]
    for category in CATEGORIES
    for held in (False, True)
}


def _argument_of(category: str, rng: random.Random) -> Any:
    if category == INTS:
        return rng.randint(-12, 30)
    if category == STRINGS:
        return "".join(rng.sample(_WORDS, 2))
    return [rng.randint(-12, 30) for _ in range(rng.randint(4, 8))]


def assertions(one: Function, rng: random.Random, count: int = 5) -> str:
    """Assertions on the values that the function gives for random arguments, which do not all give the same."""
    room: dict[str, Any] = {}
    exec(one.source, room)  # this repository's own text, a line long
    lines, values = [], set()
    while len(lines) < count or len(values) < 2:
        given = _argument_of(one.pattern.category, rng)
        value = room[one.name](given)
        lines.append(f"assert {one.name}({given!r}) == {value!r}")
        values.add(repr(value))
    return "\n".join(lines)
