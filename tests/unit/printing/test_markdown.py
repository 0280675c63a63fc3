"""Texts that nobody vouches for stand on a page of Markdown and do nothing there."""

from kotune.printing import markdown

HOSTILE = "```\n</code><script>alert(1)</script>\n````\n[link](javascript:x) \x1b[31m\u202e|"


def test_a_fence_is_longer_than_any_in_its_text():
    lines = markdown.fenced(HOSTILE)
    assert lines[0] == "`````text" and lines[-1] == "`````"
    assert not any(line.startswith("`````") for line in lines[1:-1])


def test_what_cannot_be_seen_is_spelt_out_and_lines_stay():
    assert markdown.fenced("a\n\x1b\u202eb", "sh") == ["```sh", "a", "\\x1b\\u202eb", "```"]


def test_a_code_span_is_one_line_without_backticks():
    assert markdown.code_span("a`b\n\u202ec") == "`a'b \\u202ec`"


def test_a_plain_text_shows_itself_and_nothing_else():
    assert markdown.plain("<b>*x* | `y`\n[z](u)") == "&lt;b&gt;\\*x\\* \\| \\`y\\` \\[z\\](u)"


def test_a_table_without_rows_has_no_lines():
    assert markdown.table(("a", "b"), []) == []
    assert markdown.table(("a", "b"), [("1", "2")]) == ["| a | b |", "| --- | --- |", "| 1 | 2 |"]
