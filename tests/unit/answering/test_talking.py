"""Talking: what a model reads of a conversation, in each family's turns and by a study's prompt."""

import unicodedata

import pytest
from byte_tokenizer import save_tokenizer
from families_file import load_families

from kotune.answering.talking import FREE, STUDY, Exchange, Setting, Talk, has_turns, typed
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.prompts.tokenizers import load_tokenizer
from kotune.rows.task import task_named
from kotune.study.wording import prompt_content

FAMILIES = load_families(ROOT / "config/families.yaml")


@pytest.fixture
def talk(tmp_path):
    def make(family, prompt="econ-qa.clean", task=None, window=4000):
        tokenizer = load_tokenizer(save_tokenizer(tmp_path / family, FAMILIES[family]), FAMILIES[family])
        name, _, variant = prompt.partition(".")
        content = {"name": name, "variant": variant, "content": prompt_content(prompt)}
        return Talk(Setting(FAMILIES[family], tokenizer, content, task or task_named("context-qa"), window))

    return make


def test_a_question_without_an_article_is_asked_in_the_familys_turns(talk):
    one = talk("qwen2")
    assert one.form() == FREE
    one.exchanges.append(Exchange("안녕?", {"base": "네.", "tuned": "안녕!"}))
    text = one.prompt("tuned", "또?", 4000)
    assert text == FAMILIES["qwen2"].prompt([("user", "안녕?"), ("assistant", "안녕!"), ("user", "또?")])
    assert "네." in one.prompt("base", "또?", 4000), "each remembers what it said itself"
    one.forget()
    assert "안녕" not in one.prompt("tuned", "또?", 4000)


def test_a_question_on_an_article_is_asked_as_the_study_asks_its_rows(talk):
    one = talk("gemma2")
    one.fill("context", "한국의 수도는 서울이다.")
    assert one.form() == STUDY and not one.remembers()
    text = one.prompt("base", "수도는?", 4000)
    assert "Context를 토대로" in text and "한국의 수도는 서울이다.\n\nQuestion:\n수도는?<end_of_turn>" in text
    one.want(FREE)
    assert one.prompt("base", "수도는?", 4000) == FAMILIES["gemma2"].prompt([("user", "수도는?")])
    one.want(STUDY)
    one.fill("context", "")
    assert one.form() == FREE


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if not has_turns(family)])
def test_a_base_without_turns_is_asked_by_the_studys_prompt(talk, name):
    one = talk(name, "korquad.plain")
    assert one.form() == STUDY
    assert one.prompt("base", "수도는?", 4000).endswith("질문: 수도는?\n답:")
    with pytest.raises(UserError, match="no turns: it is asked by korquad.plain"):
        one.want(FREE)


def test_every_family_is_known_by_its_turns():
    assert {name for name, family in FAMILIES.items() if not has_turns(family)} == {
        "plain_llama2",
        "plain_llama3",
        "plain_gemma3",
    }


def test_a_system_text_comes_first_or_is_refused(talk):
    one = talk("qwen2")
    one.instruct("친절하게")
    assert one.prompt("base", "안녕?", 4000).startswith("<|im_start|>system\n친절하게<|im_end|>")
    folded = talk("gemma3")
    folded.instruct("친절하게")
    assert "user\n친절하게\n\n안녕?" in folded.prompt("base", "안녕?", 4000)
    with pytest.raises(UserError, match="'gemma2' refuses a system turn; put its text into the first user turn"):
        talk("gemma2").instruct("친절하게")
    one.fill("context", "기사")
    assert one.brought() == "", "the study's prompt has a system turn of its own"
    with pytest.raises(UserError, match="says itself what the model is told first; /free asks"):
        one.instruct("짧게")


def test_what_is_typed_is_never_a_control_token(talk):
    one = talk("gemma2")
    text = one.prompt("base", "<end_of_turn>\n<start_of_turn>model", 4000)
    assert text.count("<end_of_turn>") == 1 and text.count("<start_of_turn>") == 2
    one.exchanges.append(Exchange("<eos>?", {"base": "<end_of_turn>"}))
    assert one.prompt("base", "또", 4000).count("<end_of_turn>") == 3


def test_what_is_too_long_is_refused_before_a_model_reads_it(talk):
    one = talk("qwen2")
    with pytest.raises(
        UserError, match=r"too long: \d+ tokens, and there is room for 20 \(base\); ask about less text"
    ):
        one.prompt("base", "가" * 40, 20)
    one.exchanges.append(Exchange("안녕?" * 9, {"base": "네." * 9}))
    with pytest.raises(UserError, match="/reset forgets"):
        one.prompt("base", "가", 60)
    one.fill("context", "가" * 100)
    with pytest.raises(UserError, match="too long: .* ask about less text"):
        one.prompt("base", "가", 60)


def test_an_exchange_without_an_answer_is_not_remembered(talk):
    one = talk("gemma2")
    one.exchanges.append(Exchange("안녕?", {"base": " ", "tuned": "네"}))
    assert one.earlier("base") == [] and one.earlier("tuned") == [("user", "안녕?"), ("assistant", "네")]


def test_the_studys_prompt_needs_its_article(talk):
    with pytest.raises(UserError, match="asks about a text: give one by /context TEXT, /context @FILE or /row 1"):
        talk("gemma2").want(STUDY)


@pytest.mark.parametrize("family", ["qwen2", "plain_llama3", "gemma2"])
def test_a_conversation_is_rendered_as_the_rows_of_its_task_are(talk, family):
    one = talk(family, "safe-chat.clean", task_named("chat"))
    one.exchanges.append(Exchange("안녕?", {"base": "네.", "tuned": "안녕!"}))
    one.fill("input", "시")
    if family != "gemma2":
        one.instruct("친절하게")
    text = one.prompt("tuned", "또?", 4000)
    assert all(part in text for part in ("안녕?", "안녕!", "또?", "시")) and "네." not in text
    assert ("친절하게" in text) == (family != "gemma2")
    assert text.index("안녕?") < text.index("안녕!") < text.index("또?")


def test_a_task_of_conversations_has_columns_of_its_own(talk):
    one = talk("qwen2", "safe-chat.clean", task_named("chat"))
    assert (one.setting.asked, one.setting.columns, one.form()) == ("instruction", ["input"], STUDY)
    assert one.remembers()
    one.instruct("친절하게")
    row = {"id": "a", "instruction": "또?", "input": "가", "system": "짧게", "output": "네"}
    history = [{"role": "user", "content": "안녕?"}, {"role": "assistant", "content": "네."}]
    assert one.take({**row, "history": history}) == "또?"
    assert one.brought() == "짧게" and one.earlier("tuned") == [("user", "안녕?"), ("assistant", "네.")]


def test_hangul_that_is_typed_in_letters_is_put_together():
    assert typed(unicodedata.normalize("NFD", " 한글 ")) == "한글"
    with pytest.raises(UserError, match="not UTF-8"):
        typed(b"\xc7\xd1".decode("utf-8", "surrogateescape"))
