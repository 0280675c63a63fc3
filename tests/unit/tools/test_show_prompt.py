"""show_prompt: what a user is shown is what the pipeline counts, learns and asks, and a wrong name is answered."""

import csv
import re
import subprocess
import sys

import pytest
import show_prompt
import yaml
from families_file import load_families

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.prompts import view
from kotune.prompts.tokenizers import load_tokenizer

STAND_INS = yaml.safe_load((ROOT / "config" / "models.yaml").read_text(encoding="utf-8"))["stand_ins"]
PLAIN = view.Paint(coloured=False)


@pytest.fixture
def show(capsys):
    def run(*arguments, study="econ-qa", model="tiny-gemma2"):
        show_prompt.main(["--study", study, "--model", model, *arguments])
        return capsys.readouterr().out

    return run


def ids_in(text: str) -> list[int]:
    """The ids of the list of tokens, in order; the list stands between the text and the counts."""
    block = text.split("\n\ntokens ")[0].rpartition("\n\n")[2]
    return [int(number) for number in re.findall(r"(?:^|  |\n)[\[‹]*(\d+) ", block)]


@pytest.fixture
def rows(tmp_path):
    def write(*changes):
        path = tmp_path / "mine.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["id", "context", "question", "answer"])
            writer.writeheader()
            for number in range(20):
                row = {"id": f"M_{number}", "context": f"{number}번 기사다.", "question": "무엇인가", "answer": "기사"}
                writer.writerow({**row, **(changes[number] if number < len(changes) else {})})
        return path

    return write


OF_ECON_QA = sorted(name for name in STAND_INS if name.startswith("tiny") and name != "tiny-code")


@pytest.mark.parametrize("model", OF_ECON_QA)
def test_ids_are_those_that_are_trained_on(show, model):
    text = show("--row", "7", model=model)
    family = load_families(ROOT / "config" / "families.yaml")[STAND_INS[model]["family"]]
    tokenizer = load_tokenizer(ROOT / STAND_INS[model]["path"], family)
    marked = text.split("\n\n", 1)[1].split("\n\n" + re.search(r"\n\n([\[‹]*\d+ \S+  )", text)[1])[0]
    whole = re.sub(r"[\[\]‹›]", "", marked)
    assert ids_in(text) == tokenizer.encode(whole, add_special_tokens=False).ids
    read, learned = map(int, re.search(r"tokens +(\d+) read, (\d+) learned", text).groups())
    assert read + learned == len(ids_in(text))


def test_what_is_learned_and_what_controls_is_set_off(show):
    text = show()
    assert "‹<bos>›‹<start_of_turn>›user" in text
    assert re.search(r"\n\[50대\]\[‹<end_of_turn>›\]\n", text), "the answer and its stop token are in the loss"
    assert re.search(r"\[‹\d+ <end_of_turn>›\]\n", text)
    assert "\x1b" not in text
    assert text.startswith("study       econ-qa, scale mini\nmodel       tiny-gemma2, stand-in for ko-gemma-2-9b-it\n")
    assert re.search(r"ends at     <end_of_turn> \(\d+\), <eos> \(\d+\)", text)


def test_a_terminal_gets_colours_unless_it_wants_none(show, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    coloured = show()
    assert "\x1b[1;36m<bos>\x1b[0m" in coloured and "\x1b[30;42m50대\x1b[0m" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in show()


def test_an_evaluation_row_shows_the_question_and_keeps_the_gold_answer_apart(show):
    text = show("--split", "test", "--row", "2")
    assert "inference, family gemma2" in text
    assert ", 0 learned; room for 992\n" in text
    gold = re.search(r"gold answer (.+) \(the model does not see it\)", text)[1]
    assert f"[{gold}]" not in text


def test_a_row_is_found_by_its_id_and_a_model_by_its_name_in_the_catalogue(show):
    assert show("--row", "TRAIN_00004") == show("--row", "TRAIN_00004", model="ko-gemma-2-9b-it")
    assert "TRAIN_00004" in show("--row", "TRAIN_00004")


def test_the_published_prompt_is_shown_with_its_own_stops_and_marks(show):
    text = show("--prompt", "econ-qa.as_published", "--split", "test", model="tiny-solar")
    assert re.search(r"ends at     <\|im_end\|> \(\d+\)\n", text)
    assert "cut at      'Que', '⊙', 'Con', '\\n', '  '" in text
    assert show("--prompt", "econ-qa.as_published").count("‹<bos>›") == 2


def test_rows_of_ones_own_are_shown_and_what_is_done_to_them_is_said(show, rows):
    path = rows({"context": "끝<end_of_turn>이다"}, {"context": "뷁" * 700})
    for number in range(3):
        text = show("--data", str(path), "--row", f"M_{number}", "--split", split_of(path, f"M_{number}"))
        assert ("neutralised control tokens" in text) == (number == 0)
        assert bool(re.search(r"left out    too long: \d+ tokens, room for 992", text)) == (number == 1)
        assert ("끝<\u2060end_of_turn>이다" in text) == (number == 0)


def test_the_examples_of_a_prompt_are_named(show):
    text = show("--prompt", "korquad.three_shots", "--split", "test", model="tiny-gemma2")
    assert re.search(r"examples    \S+, \S+, \S+ \(rows of train\)", text) and text.count("지문: ") == 4


def split_of(path, name):
    config = show_prompt.configuration("mini", {"econ-qa": str(path)})
    study = show_prompt.resolve.study_at("econ-qa", config)
    for split in study.splits:
        if name in [row["id"] for row in show_prompt.rows_of(study, "all", split)[0]]:
            return split
    raise AssertionError(f"{name} is in no split")


MISTAKES = [
    ({"study": "econ-q"}, (), r"no file 'econ-q.yaml'; did you mean 'econ-qa'"),
    ({"model": "tiny-gema2"}, (), r"no model 'tiny-gema2' in it; did you mean 'tiny-gemma2'"),
    ({}, ("--split", "tset"), r"no split 'tset'; did you mean 'test'"),
    ({}, ("--row", "0"), r"train has no row '0'; name an id or a number from 1 to 1,200$"),
    ({}, ("--row", "1201"), r"number from 1 to 1,200$"),
    ({}, ("--row", "TRAN_00003"), r"no row 'TRAN_00003'; .*; did you mean 'TRAIN_00003'"),
    ({}, ("--prompt", "econ-qa.clear"), r"unknown variant 'clear'; did you mean 'clean'"),
    ({}, ("--prompt", "econ.clean"), r"no file 'econ.yaml'; did you mean 'econ-qa'"),
    ({}, ("--arm", "qlor"), r"unknown arm 'qlor'; did you mean 'qlora'"),
    ({"model": "tiny-llama3"}, ("--arm", "qlora"), r"'tiny-llama3' is not in the arm 'qlora'"),
    ({"model": "tiny-llama3"}, ("--prompt", "econ-qa.as_published"), r"nothing for the family 'llama32'"),
    ({}, ("--scale", "minni"), r"no file 'minni.yaml'; did you mean 'mini'"),
    ({}, ("--data", "nowhere.csv"), r"nowhere.csv"),
]


@pytest.mark.parametrize(("names", "arguments", "message"), MISTAKES)
def test_a_mistake_is_named(show, names, arguments, message):
    with pytest.raises(UserError, match=message):
        show(*arguments, **names)


def test_a_base_is_shown_with_its_own_arms_prompt(show):
    assert "econ-qa.clean, training, family llama32" in show(model="llama-3.2-3b-instruct")


def test_it_needs_neither_torch_nor_snakemake():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import show_prompt; show_prompt.main(sys.argv[2:]);"
        "sys.exit(bool({'torch', 'transformers', 'peft', 'trl', 'snakemake'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(ROOT / "tools"), "--study", "econ-qa", "--model", "tiny-gemma2"]
    subprocess.run(command, check=True, capture_output=True)


def lines_of(row: dict, split: str = "train", whole: bool = False, prompt: str = "context-qa.two_turn") -> str:
    study = show_prompt.resolve.study_at("econ-qa", show_prompt.configuration(None, {}))
    return "\n".join(show_prompt.shown(study, "tiny-qwen2", prompt, split, 1, [row], PLAIN, whole))


REASONED = {
    "id": "a",
    "context": "기사다.",
    "question": "무엇",
    "answer": "금리",
    "cot_answer": "첫 문장",
    "article": "a0",
}


def test_an_answer_in_two_parts_is_shown_with_what_stands_between():
    text = lines_of(REASONED)
    assert "[###답:]\n[금리][‹<|im_end|>›]\n[‹<|im_start|>›][assistant]\n[###추론:]\n[첫 문장][‹<|im_end|>›]" in text
    assert (
        "parts       answer behind '###답:', reasoning behind '###추론:', a turn of its own behind "
        r"'<|im_end|>\n<|im_start|>assistant\n'" in text
    )
    alone = lines_of({key: value for key, value in REASONED.items() if key != "cot_answer"})
    assert "parts       answer behind '###답:'\n" in f"{alone}\n"
    assert "gold reasoning 첫 문장" in lines_of(REASONED, "test")


def test_a_loss_on_all_tokens_sets_off_all_but_the_first():
    text = lines_of(REASONED, whole=True)
    assert "‹<|im_start|>›[system]" in text and "[기사다.]" in text
    read = int(re.search(r"tokens +(\d+) read", text)[1])
    assert read == 1
    assert "[기사다.]" not in lines_of(REASONED, "test", whole=True), "what is asked is not learned"
