#!/usr/bin/env bash
# Finding: presidio-analyzer, asked for Korean, looks for no Korean registration number; python-stdnum clears recent ones.
#
# Guess:      presidio's registry for the language `ko` holds its Korean recognizers, and a number is found with a particle
#             behind it, as Korean is written; python-stdnum's check of resident registration numbers tells whether
#             something is one.
# Behaviour:  presidio-analyzer 2.2.366 has recognizers of Korean registration numbers, but none is in the registry, for
#             `ko` either. Added by hand, they find numbers with particles; e-mail addresses and cards are found before a
#             space and missed before a particle (their patterns end at a word's border). python-stdnum 2.2 asks for the
#             check digit, which numbers issued since October 2020 do not have: of such numbers, drawn at random, it
#             takes fewer than one in ten, so that its "no" clears nothing.
# Here:       kotune finds them itself, by borders of digits, without the check digit (scripts/kotune/rows/personal_data.py;
#             docs/personal-data.md holds both side by side).
# Runs:       made-up sentences; the recognizers alone, without a model of a language.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  presidio-analyzer==2.2.366 python-stdnum==2.2
"$folder/venv/bin/python" <<'PYTHON' 2> "$folder/said" || { tail -n 5 "$folder/said" >&2; exit 1; }
import random
from importlib.metadata import version

from presidio_analyzer import RecognizerRegistry, predefined_recognizers
from stdnum.kr import rrn

print(f"presidio-analyzer {version('presidio-analyzer')}, python-stdnum {version('python-stdnum')}")
registry = RecognizerRegistry(supported_languages=["ko"])
registry.load_predefined_recognizers(languages=["ko"])
entities = {entity for one in registry.recognizers for entity in one.supported_entities}
korean = sorted(name for name in dir(predefined_recognizers) if name.startswith("Kr"))
print(f"it has {', '.join(korean)}; in its registry for ko: {sorted(e for e in entities if e.startswith('KR_'))}")
assert "KrRrnRecognizer" in korean and not any(entity.startswith("KR_") for entity in entities), "the behaviour has changed"

SEEN = {  # made up; the first has no right check digit
    "KrRrnRecognizer": ("번호는 010203-3456789{}.", True),
    "KrFrnRecognizer": ("번호는 010203-7456789{}.", True),
    "EmailRecognizer": ("주소는 nobody@example.com{}.", False),
    "CreditCardRecognizer": ("카드는 4111-1111-1111-1111{}.", False),
}
for name, (sentence, wanted) in SEEN.items():
    one = getattr(predefined_recognizers, name)(supported_language="ko")
    apart, joined = (bool(one.analyze(sentence.format(end), one.supported_entities, None)) for end in (" 입니다", "입니다"))
    print(f"  {name}: found before a space: {apart}, before a particle: {joined}")
    assert apart and joined == wanted, f"the behaviour has changed: {name}"

rng = random.Random(1)
numbers = [f"{rng.randrange(20, 25)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}{rng.choice('34')}"
           f"{rng.randrange(10**6):06}" for _ in range(2000)]
taken = sum(map(rrn.is_valid, numbers))
print(f"  of {len(numbers)} numbers with six random digits at their end python-stdnum takes {taken}")
assert 0.05 < taken / len(numbers) < 0.15, f"the behaviour has changed: {taken}"
PYTHON
