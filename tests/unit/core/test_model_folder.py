"""Names of a model's files are told by patterns whose star stays within its folder."""

import pytest

from kotune.core.model_folder import SNAPSHOT, TOKENIZER, TOKENIZER_SETTINGS, fits, gguf_of


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json", "tokenizer.model.v3", "merges.txt"])
def test_files_of_a_tokenizer(name):
    assert fits(name, TOKENIZER)


@pytest.mark.parametrize("name", ["original/tokenizer.model", "model.safetensors", "README.md"])
def test_other_files(name):
    assert not fits(name, TOKENIZER + TOKENIZER_SETTINGS)


def test_a_star_stays_within_its_folder():
    assert fits("additional_chat_templates/tool.jinja", TOKENIZER_SETTINGS)
    assert not fits("additional_chat_templates/a/b.jinja", TOKENIZER_SETTINGS)


def test_a_folder_says_which_gguf_file_it_was_made_of(tmp_path):
    assert gguf_of(tmp_path) is None
    (tmp_path / SNAPSHOT).write_text('{"hub_id": "a/b"}')
    assert gguf_of(tmp_path) is None
    (tmp_path / SNAPSHOT).write_text('{"hub_id": "a/b", "gguf": {"quantisation": "Q8_0"}}')
    assert gguf_of(tmp_path) == {"quantisation": "Q8_0"}
