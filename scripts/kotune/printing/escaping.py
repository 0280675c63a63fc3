"""Make any text, also a model's output, safe in CSV, Markdown, HTML and LaTeX: it never becomes markup or a formula.

Reads and writes nothing.
"""

from __future__ import annotations

import html
import re
import unicodedata

_ESCAPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(value: str) -> str:
    """Return a text on one line: what cannot be seen, or turns the text round, is spelt out (``\\n``, ``\\u202e``)."""
    if value.isprintable():  # nothing of those categories is in it
        return value
    return "".join(
        char.encode("unicode_escape").decode("ascii") if unicodedata.category(char) in _ESCAPED else char
        for char in value
    )


def visible_lines(value: str) -> str:
    """Return a text as `visible` makes it, but with its line breaks."""
    return "\n".join(map(visible, value.split("\n")))


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # the category Cc without line breaks and tabs
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.,]+\s*(?:%|$))")


def csv_text(value: str) -> str:
    """Return a text for a CSV cell: as it is, but for what a terminal or a spreadsheet would act on.

    Control characters other than line breaks and tabs are spelt out, and a quote is put before a formula.
    """
    value = _CONTROL.sub(lambda found: visible(found[0]), value)
    return f"'{value}" if _FORMULA.match(value) else value


def markdown_text(value: str) -> str:
    """Return a text for a Markdown table cell."""
    value = visible(value)
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        value = value.replace(char, entity)
    return re.sub(r"([\\`*_\[\]|~$])", r"\\\1", value)


def html_text(value: str) -> str:
    """Return a text for an HTML element or an attribute in double quotes."""
    return html.escape(visible(value), quote=True)


_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",  # at the start of a row a bracket or a star would be read as the line break's argument
    "]": "{]}",
    "*": "{*}",
}


def latex_text(value: str) -> str:
    """Return a text for a LaTeX table cell (XeLaTeX or LuaLaTeX for Korean)."""
    escaped = "".join(_LATEX.get(char, char) for char in visible(value))
    return escaped.replace("--", "-{}-").replace("--", "-{}-")
