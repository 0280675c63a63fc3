"""Hostile text stays text: never markup, never a formula, never what a terminal acts on."""

from __future__ import annotations

import pytest

from kotune.printing.escaping import csv_text, html_text, latex_text, markdown_text, visible


@pytest.mark.parametrize(
    ("hostile", "markdown", "latex"),
    [
        ("a|b", r"a\|b", r"a\textbar{}b"),
        ("<script>", "&lt;script&gt;", r"\textless{}script\textgreater{}"),
        ("*a* _b_ `c`", r"\*a\* \_b\_ \`c\`", r"{*}a{*} \_b\_ \textasciigrave{}c\textasciigrave{}"),
        (r"\input{x}", r"\\input{x}", r"\textbackslash{}input\{x\}"),
        ("$x^2$ & 50% #1", r"\$x^2\$ &amp; 50% #1", r"\$x\textasciicircum{}2\$ \& 50\% \#1"),
        ("[a](http://x)", r"\[a\](http://x)", "{[}a{]}(http://x)"),
        ("줄\n바꿈", r"줄\\n바꿈", r"줄\textbackslash{}n바꿈"),
        ("---", "---", "-{}-{}-"),
    ],
)
def test_hostile_text_is_escaped(hostile, markdown, latex):
    assert markdown_text(hostile) == markdown
    assert latex_text(hostile) == latex


def test_hostile_text_is_no_element_and_ends_no_attribute():
    assert html_text('<img src=x onerror="a()">&\n') == "&lt;img src=x onerror=&quot;a()&quot;&gt;&amp;\\n"


def test_characters_that_cannot_be_seen_are_spelt_out():
    assert visible("한글 ㈜ é") == "한글 ㈜ é"
    assert visible("a\x00b\x1b[31m\u202e\u200b") == r"a\x00b\x1b[31m\u202e\u200b"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-3.5%", "-3.5%"),
        ("+1,200", "+1,200"),
        ("3조2000억원", "3조2000억원"),
        ("a\x1b[31mb\n", "a\\x1b[31mb\n"),
    ],
)
def test_a_spreadsheet_and_a_terminal_find_nothing_to_run(value, cell):
    assert csv_text(value) == cell
