"""Korean particles (조사): the form that fits the sound a written word ends in. Pure functions, no files.

The sound is found from the last written sign:

* Hangul: the syllable's final consonant;
* digits: the number is read in Sino-Korean numerals (3 → 삼, 10 → 십, 3000 → 삼천, 20000 → 이만; 0 → 영; behind a
  decimal point digit by digit). Digits behind Latin letters are read the same way: "S7" → 에스칠;
* a unit behind a number: MW → 메가와트, kg → 킬로그램; a symbol: % → 퍼센트, ㎡ → 제곱미터;
* other Latin letters: the name of the last letter (L 엘, M 엠, N 엔, R 알 end in a consonant, the others in a vowel);
* closing brackets, quotes and full stops are silent: the sign before them counts.
"""

from __future__ import annotations

import re

_DIGITS = "영일이삼사오육칠팔구"
_SYMBOLS = {
    "%": "퍼센트",
    "%p": "퍼센트포인트",
    "㎡": "제곱미터",
    "㎥": "세제곱미터",
    "㎢": "제곱킬로미터",
    "㎞": "킬로미터",
    "㎏": "킬로그램",
    "㎿": "메가와트",
    "℃": "도",
    "$": "달러",
    "₩": "원",
    "&": "앤드",
    "+": "플러스",
}
# Only behind a number; without one, the letters are read by their names (an "MW" that is a name ends in 더블유).
_UNITS = {
    "MW": "메가와트",
    "GW": "기가와트",
    "kW": "킬로와트",
    "kWh": "킬로와트시",
    "MWh": "메가와트시",
    "GWh": "기가와트시",
    "km": "킬로미터",
    "m": "미터",
    "cm": "센티미터",
    "mm": "밀리미터",
    "nm": "나노미터",
    "kg": "킬로그램",
    "g": "그램",
    "t": "톤",
    "L": "리터",
    "GB": "기가바이트",
    "TB": "테라바이트",
    "MB": "메가바이트",
    "Hz": "헤르츠",
    "bp": "비피",
}
_LETTERS = {"L": "엘", "M": "엠", "N": "엔", "R": "알"}
_SILENT = "\"'’”)]}〉》」』.,!? "
# Written with the form behind a consonant; the second is the form behind a vowel.
_IRREGULAR = {
    "은": "는",
    "이": "가",
    "을": "를",
    "과": "와",
    "이었": "였",
    "이었다": "였다",
    "이에요": "예요",
    "아": "야",
}
# These drop their first syllable behind a vowel: 으로서 → 로서, 이라고 → 라고.
_DROPPING = re.compile(
    r"^(으로|으로서|으로써|으로부터|으로의|으로는|으로도|이라|이라고|이라는|이라며|이라도|이란|이며|이나|이고|이다|이든|이자|이랑|인|인데)$"
)

_NUMBER_AT_END = re.compile(r"(\d[\d,]*)(\.\d+)?$")
_UNIT_AT_END = re.compile(r"\d ?([A-Za-z]+)$")


def read_number_end(integer: str, decimals: str = "") -> str:
    """The last syllable of a number read aloud: ``("2650", ".31")`` → 일, ``("3000", "")`` → 천."""
    if decimals:
        return _DIGITS[int(decimals[-1])]
    digits = integer.replace(",", "").lstrip("0")
    if not digits:
        return "영"
    zeros = len(digits) - len(digits.rstrip("0"))
    if zeros == 0:
        return _DIGITS[int(digits[-1])]
    if zeros < 4:
        return "십백천"[zeros - 1]
    return "만" if zeros < 8 else "억" if zeros < 12 else "조"


def spoken_end(word: str) -> str:
    """The last syllable of ``word`` as it is spoken; an empty string when the word ends in no known sign."""
    word = word.rstrip(_SILENT)
    if not word:
        return ""
    last = word[-1]
    if "가" <= last <= "힣":
        return last
    if word[-2:] == "%p":
        return _SYMBOLS["%p"][-1]
    if last in _SYMBOLS:
        return _SYMBOLS[last][-1]
    if number := _NUMBER_AT_END.search(word):
        return read_number_end(number[1], number[2] or "")
    if (unit := _UNIT_AT_END.search(word)) and unit[1] in _UNITS:
        return _UNITS[unit[1]][-1]
    if last.isascii() and last.isalpha():
        return _LETTERS.get(last.upper(), "이")[-1]
    return ""


def final_consonant(word: str) -> int:
    """Index of the spoken final consonant as in Unicode's Hangul table: 0 none, 8 is ㄹ."""
    syllable = spoken_end(word)
    return (ord(syllable) - 0xAC00) % 28 if syllable else 0


def choose(word: str, particle: str) -> str:
    """The form of ``particle`` (given as it stands behind a consonant: 은, 이, 을, 과, 으로, 이라, …) that fits
    ``word``.

    Raises ValueError for a particle that is not known, because a silent fallback would print wrong Korean.
    """
    final = final_consonant(word)
    if particle in _IRREGULAR:
        return particle if final else _IRREGULAR[particle]
    if not _DROPPING.match(particle):
        raise ValueError(
            f"unknown particle {particle!r}: write the form used behind a consonant, such as 은, 이, 을, 과, 으로"
        )
    if particle.startswith("으로"):
        return particle if final not in (0, 8) else particle[1:]  # ㄹ goes with 로: 서울로
    if particle.startswith("인"):
        return particle  # 인 and 인데 do not change: kept so that a pattern may use them
    return particle if final else particle[1:]


def attach(word: str, particle: str) -> str:
    """``word`` with ``particle`` written directly behind it: ``attach("새론은행", "은")`` → 새론은행은."""
    return word + choose(word, particle)
