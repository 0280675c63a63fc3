"""A pattern file without a fault, for tests to put one into."""

from pathlib import Path

GOOD = """
topic: 금리
lists: {loan: ["신용대출", "전세대출", "카드론"]}
patterns:
  - id: rates-01
    text: ["{bank:은} {loan} 금리를 {percent:으로} 올렸다.", "{bank:이} {percent:으로} {loan} 금리를 올렸다."]
    questions:
      - {q: ["{bank:이} 올린 금리는"], a: "{percent}"}
      - {q: ["금리를 올린 은행은"], a: "{bank}"}
distractors: ["지난해에는 {percent}였다.", "{country}도 금리를 올렸다. 시장은 놀랐다."]
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "rates.yaml"
    file.write_text(text, encoding="utf-8")
    return file
