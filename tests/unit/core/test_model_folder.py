"""Names of a model's files are told by patterns whose star stays within its folder."""

import pytest

from kotune.core.model_folder import TOKENIZER, TOKENIZER_SETTINGS, fits


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json", "tokenizer.model.v3", "merges.txt"])
def test_files_of_a_tokenizer(name):
    assert fits(name, TOKENIZER)


@pytest.mark.parametrize("name", ["original/tokenizer.model", "model.safetensors", "README.md"])
def test_other_files(name):
    assert not fits(name, TOKENIZER + TOKENIZER_SETTINGS)


def test_a_star_stays_within_its_folder():
    assert fits("additional_chat_templates/tool.jinja", TOKENIZER_SETTINGS)
    assert not fits("additional_chat_templates/a/b.jinja", TOKENIZER_SETTINGS)
