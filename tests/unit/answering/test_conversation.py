"""A conversation: commands, what goes wrong in one line, Ctrl-C, and what is kept of it."""

import io

import pytest
from byte_tokenizer import save_tokenizer
from families_file import load_families

from kotune.answering import screens
from kotune.answering.conversation import COMMANDS, Conversation, Tools
from kotune.answering.talking import FREE, STUDY, Setting, Talk
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.prompts.tokenizers import load_tokenizer
from kotune.rows.task import task_named
from kotune.study.wording import prompt_content

FAMILIES = load_families(ROOT / "config/families.yaml")
GENERATION = {"max_new_tokens": 32, "stop": ["<eos>"]}
ROW = {"id": "M_1", "context": "수도는 서울이다.", "question": "수도는?", "answer": "서울"}


class Said:
    """A reply that says a text a character at a time; ``stops``: Ctrl-C comes before that character."""

    def __init__(self, text, stops=None, ending=None):
        self.left, self.said, self.stops, self.how, self.done, self.closed = list(text), "", stops, ending, not text, 0

    def step(self):
        if self.stops == len(self.said):
            raise KeyboardInterrupt
        if not self.left:
            self.done = True
            return ""
        self.said += self.left[0]
        piece = self.left.pop(0)
        self.done = not self.left
        return piece

    def interrupt(self):
        self.how = self.how if self.done else "interrupted"
        self.done = True
        return ""

    def close(self):
        self.closed += 1

    def line(self):
        return {"answer": self.said, "new_tokens": len(self.said), "finish_reason": self.how or "stop"}

    def remembered(self):
        return self.said

    def ending(self):
        return self.how


@pytest.fixture
def hear(tmp_path):
    """Say lines to a conversation whose model answers with its own name; return it, what was written, what was asked."""
    asked, saved = [], []

    def make(*lines, family="gemma2", prompt="econ-qa.clean", reply=None):
        tokenizer = load_tokenizer(save_tokenizer(tmp_path / family, FAMILIES[family]), FAMILIES[family])
        name, _, variant = prompt.partition(".")
        content = {"name": name, "variant": variant, "content": prompt_content(prompt)}
        out = io.StringIO()

        def begin(speaker, text, generation, turn):
            asked.append((speaker, text, generation["max_new_tokens"], turn))
            return reply(speaker) if reply else Said(f"{speaker}입니다")

        def save(file, entries, cost, _):
            saved.append((file, entries, cost))
            return file or "1.jsonl"

        def row(wanted):
            if wanted != "1":
                raise UserError(f"--row: no row '{wanted}'")
            return ROW, ROW["answer"]

        conversation = Conversation(
            Talk(Setting(FAMILIES[family], tokenizer, content, task_named("context-qa"), 4000)),
            ["base", "tuned"],
            {STUDY: GENERATION, FREE: GENERATION},
            Tools(begin, lambda: screens.screen(out, ["base", "tuned"], None), row, save),
            out,
        )
        conversation.hear_all(lines)
        conversation.asked, conversation.saved = asked, saved
        return conversation, out.getvalue()

    return make


def test_both_answer_one_question_and_remember_their_own_answers(hear):
    talk, text = hear("안녕?", "", "또?")
    assert text == "[base] base입니다\n[tuned] tuned입니다\n" * 2
    assert [speaker for speaker, *_ in talk.asked] == ["base", "tuned"] * 2
    assert "tuned입니다" in talk.asked[3][1] and "base입니다" not in talk.asked[3][1]
    assert [entry["remembered"] for entry in talk.entries] == [0, 1]


def test_commands_are_answered_and_quit_ends(hear):
    talk, text = hear("/help", "/reset", "/limit 7", "가?", "/quit", "나?")
    for usage in COMMANDS.values():
        assert usage in text
    assert "/context @FILE reads a file" in text and "in the family's own turns (gemma2)" in text
    assert talk.asked[-1][2] == 7 and len(talk.entries) == 1 and talk.faults == 0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/sytem 가", "no command '/sytem'; did you mean '/system'?"),
        ("/contxt 가", "did you mean '/context'?"),
        ("/system 친절하게", "family 'gemma2' refuses a system turn"),
        ("/limit 0", "limit of new tokens: '0' is not a whole number above 0"),
        ("/limit 4000", "4,000 new tokens leave no room for a question; the window is 4,000"),
        ("/limit many", "/limit: 'many' is not"),
        ("/study", "asks about a text: give one"),
        ("/save", "nothing was said yet"),
        ("/row 99", "no row '99'"),
        ("/context @nowhere.txt", "nowhere.txt: cannot read, it does not exist"),
        (b"\xc7\xd1".decode("utf-8", "surrogateescape"), "not UTF-8"),
        ("가" * 4000, "too long"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_the_talk_goes_on(hear, line, told):
    talk, text = hear(line, "안녕?")
    first = text.split("\n")[0]
    assert first.startswith("error: ") and told in first
    assert talk.faults == 1 and text.endswith("[tuned] tuned입니다\n")


def test_an_article_is_given_as_text_or_file(hear, tmp_path):
    (tmp_path / "news.txt").write_text("첫 줄\n둘째 줄\n", encoding="utf-8")
    talk, text = hear(f"/context @{tmp_path}/news.txt", "뭐?", "또?", "/context", "안녕?")
    assert "context: 8 characters; the next question is asked by the prompt econ-qa.clean (gemma2)" in text
    assert "첫 줄\n둘째 줄" in talk.asked[0][1] and "첫 줄" in talk.asked[2][1]
    assert text.count("each question is asked alone") == 1
    assert [entry["form"] for entry in talk.entries] == [STUDY, STUDY, FREE]
    assert talk.entries[0]["prompt"] == "econ-qa.clean" and talk.entries[2]["columns"] == {}


def test_a_row_of_the_study_is_asked_as_it_stands(hear):
    talk, text = hear("/row 1")
    assert text == "> 수도는?\n[base] base입니다\n[tuned] tuned입니다\n[gold] 서울\n"
    assert "수도는 서울이다." in talk.asked[0][1] and talk.entries[0]["row"] == "M_1"


def test_two_strokes_ask_what_begins_with_one(hear):
    talk, _ = hear("//help?")
    assert talk.entries[0]["asked"] == "/help?"


def test_ctrl_c_ends_the_answers_and_not_the_conversation(hear):
    replies = []

    def reply(speaker):
        replies.append(Said("가나다라", stops=2 if len(replies) == 1 else None))
        return replies[-1]

    talk, text = hear("안녕?", "또?", reply=reply)
    assert text.startswith("[base] 가나다라\n[tuned] 가나 (interrupted)\n") and len(talk.entries) == 2
    assert talk.entries[0]["replies"]["tuned"]["finish_reason"] == "interrupted"
    assert all(one.closed for one in replies)


@pytest.mark.parametrize(
    ("reply", "note"),
    [
        (lambda _: Said("가", ending="length"), "가 (cut off at 32 new tokens; /limit N allows more)"),
        (lambda _: Said(""), "[base] (empty)"),
        (lambda _: Said("", ending="cut"), "(empty: a mark of the prompt cut it at once)"),
        (lambda _: Said("가", ending="cut"), "[base] 가\n"),
    ],
)
def test_how_an_answer_ended_is_told(hear, reply, note):
    assert note in hear("안녕?", reply=reply)[1]


def test_what_was_said_is_saved_with_what_it_took(hear):
    talk, text = hear("안녕?", "/save my.jsonl", "/save")
    assert "saved: my.jsonl\nsaved: 1.jsonl\n" in text
    file, entries, cost = talk.saved[0]
    assert file == "my.jsonl" and cost["tokens"] == 15
    (entry,) = entries
    assert entry["asked"] == "안녕?" and entry["replies"]["tuned"]["answer"] == "tuned입니다"
    assert entry["replies"]["base"]["prompt"].startswith("<bos><start_of_turn>user\n안녕?")


def test_what_is_typed_is_no_command_to_the_terminal_either(hear):
    assert "\x1b" not in hear("/\x1b[2J", "/context @\x1b[2J")[1]


def test_a_system_text_that_is_not_brought_is_told(hear):
    _, text = hear("/system 짧게", "/context 기사", "/free", family="qwen2")
    assert "system text: 2 characters" in text
    assert "by the prompt econ-qa.clean (qwen2), without your system text" in text
    assert text.endswith("in the family's own turns (qwen2)\n")
