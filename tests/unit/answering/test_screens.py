"""Screens: replies below or beside one another, and nothing that a terminal would act on."""

import io

from kotune.answering.screens import Below, Beside, safe, screen

EVIL = "\x1b]0;title\x07\x1b[2J\r지움\u202e\x9b31m"


def test_what_a_model_writes_never_reaches_the_terminal_as_a_command():
    shown = safe(EVIL + "\t탭\n다음")
    assert "\x1b" not in shown and "\x9b" not in shown and "\r" not in shown and "\u202e" not in shown
    assert "\\x1b[2J\\r지움\\u202e" in shown and shown.endswith("    탭\n다음")


def test_below_shows_one_reply_after_the_other():
    out = io.StringIO()
    shown = Below(out, ["base", "tuned"])
    while (place := shown.next()) is not None:
        for piece in ("", "가", "나\x1b"):
            shown.add(place, piece)
        shown.end(place, "cut off" if place else None)
    assert out.getvalue() == "[base] 가나\\x1b\n[tuned] 가나\\x1b (cut off)\n"


def test_an_empty_reply_is_told():
    out = io.StringIO()
    Below(out, ["base"]).end(0, "empty")
    assert out.getvalue() == "[base] (empty)\n"


def test_beside_sends_no_command_but_its_own():
    out = io.StringIO()
    shown = Beside(out, ["base", "tuned"], 30)
    shown.add(0, EVIL)
    shown.add(1, "나")
    shown.end(0, None)
    shown.end(1, "empty")
    sent = out.getvalue()
    for own in ("\x1b[K", "\x1b[1A", "\x1b[2A", "\r"):
        sent = sent.replace(own, "")
    assert "\x1b" not in sent and "\\x1b]0;title\\x07" in sent.replace("\n", "") and "(empty)" in sent
    assert shown.next() is None


def test_a_wide_terminal_alone_shows_them_side_by_side():
    out = io.StringIO()
    assert isinstance(screen(out, ["base", "tuned"], 80), Beside)
    for names, terminal in ((["base", "tuned"], 40), (["base", "tuned"], None), (["base"], 200)):
        assert isinstance(screen(out, names, terminal), Below)
