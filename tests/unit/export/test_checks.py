"""What must be equal before answers are compared, and what is said of the first difference."""

import json
import shutil

import pytest
from taken_home import family, model

from kotune.core.errors import UserError
from kotune.export import checks, folder
from kotune.export.templates import jinja_template, ollama_template
from kotune.models import loading

STOP = ["<|im_end|>", "<|endoftext|>"]


@pytest.fixture
def exported(tmp_path):
    folder.write_tokenizer(model(), family(), tmp_path)
    tokenizer = loading.load_tokenizer(model())
    folder.write_generation(tokenizer, {"max_new_tokens": 8}, STOP, tmp_path)
    return tmp_path


def check(exported, **texts):
    return checks.check_folder(exported, model(), family(), STOP, texts or {"row 'a'": "금리는 얼마인가?"})[0]


def change(path, **keys):
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **keys}), encoding="utf-8")


def test_a_folder_that_is_the_arm_s(exported):
    found = check(exported)
    assert found["stops"] == STOP and found["prompts"] == 1
    assert found["ends"] == {"tokenizer_config.json": STOP[:1], "generation_config.json": STOP}


def test_another_tokenizer_names_the_first_token(exported):
    path = exported / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["model"]["merges"] = content["model"]["merges"][:300]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserError, match=r"token \d+ of row 'a' is \[\d+\] .* for the arm: it reads other text"):
        check(exported)


def test_an_end_that_is_no_stop_of_the_family(exported):
    change(exported / folder.SETTINGS, eos_token="<|im_start|>")
    with pytest.raises(UserError, match=r"tokenizer_config.json ends at <\|im_start\|>, which is no stop"):
        check(exported)


def test_a_stop_that_is_missing(exported):
    ids = loading.stop_ids(loading.load_tokenizer(model()), STOP)
    change(exported / "generation_config.json", eos_token_id=ids[1:])
    with pytest.raises(UserError, match=r"does not end at <\|im_end\|>, at which the arm's answers end"):
        check(exported)


def test_one_stop_too_many_is_refused_where_a_file_could_leave_it_out():
    tokenizer = loading.load_tokenizer(model())
    with pytest.raises(UserError, match="it also ends at"):
        checks.check_stops([1, 2], [1], tokenizer, "merged", more=False)
    checks.check_stops([1, 2], [1], tokenizer, "model.gguf", more=True)


def test_another_template_is_named_with_its_place(exported):
    shutil.copyfile(model()["path"] + "/chat_template.jinja", exported / folder.TEMPLATE)
    other = jinja_template(family("llama3"))
    with pytest.raises(UserError, match="its chat template is not the family 'qwen2': after 0 characters it has"):
        checks.check_template(other, family(), "merged")
    with pytest.raises(UserError, match="Modelfile: its template is not the family 'qwen2'"):
        checks.check_ollama(ollama_template(family("llama3")), family(), "Modelfile")
