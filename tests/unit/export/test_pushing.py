"""What is pushed is listed file by file, and nothing goes that is not whole, not this model's, or forbidden."""

import pytest
import toy_cards

from kotune.core.errors import UserError
from kotune.export import pushing
from kotune.export.terms import Leave

STAND_IN = {"title": "tiny", "licence": "apache-2.0", "handed_on": {"copy": True}, "unverified": False}
STAND_IN |= {"stands_for": "org/model", "commercial": "yes", "licence_note": None}


def test_only_what_loading_needs_goes(tmp_path):
    files = pushing.uploads("adapter", toy_cards.trained(tmp_path), "card", "licence", None)
    assert [one.name for one in files] == [
        "LICENSE", "README.md", "adapter_config.json", "adapter_model.safetensors", "generation_config.json",
        "tokenizer.json",
    ]  # fmt: skip
    lines = pushing.listed(files)
    assert lines[1].split() == ["README.md", "0.0", "kB"] and lines[-1].strip().startswith("6 files, ")


def test_a_form_goes_whole_and_its_own_page_beside_the_card(tmp_path):
    for name in ("README.md", "model-f16.gguf", "Modelfile"):
        (tmp_path / name).write_text("own")
    files = pushing.uploads("gguf-f16", tmp_path, "card", None, "notice")
    assert [one.name for one in files] == ["Modelfile", "NOTICE", "README.md", "USAGE.md", "model-f16.gguf"]
    assert {one.name: one.content for one in files}["README.md"] == "card"


def test_a_card_must_be_there_whole_and_of_these_weights(tmp_path):
    path = toy_cards.with_card(tmp_path)
    weights = next(tmp_path.rglob("adapter_model.safetensors"))
    text = pushing.card_at(path, weights, "make it")
    assert text.startswith("---\n")
    with pytest.raises(UserError, match="there is no card yet; this writes it: make it"):
        pushing.card_at(tmp_path / "none.md", weights, "make it")
    path.write_text(text.replace("It answers prompts", "TODO"), encoding="utf-8")
    with pytest.raises(UserError, match="the card is not whole: it holds a placeholder: TODO"):
        pushing.card_at(path, weights, "make it")
    path.write_text(text, encoding="utf-8")
    weights.write_bytes(b"others")
    with pytest.raises(UserError, match="the card is of another adapter"):
        pushing.card_at(path, weights, "make it")


def test_test_models_stay_at_home_unless_asked():
    with pytest.raises(UserError, match="not pushed: its base is a tiny stand-in"):
        pushing.check_allowed(STAND_IN, [], "x", Leave(), False)
    pushing.check_allowed(STAND_IN, [], "x", Leave(), True)


def test_a_licence_that_asks_a_copy_needs_its_text(tmp_path):
    own, given = tmp_path / "LICENSE", tmp_path / "given"
    own.write_text("   Apache License\n"), given.write_text("theirs")
    base = {**STAND_IN, "licence": "llama3.1"}
    assert pushing.licence_text(None, STAND_IN, ("apache-2.0", None), own) == "   Apache License\n"
    assert pushing.licence_text(given, base, ("llama3.1", None), own) == "theirs"
    with pytest.raises(UserError, match=r"a copy of the licence \(llama3.1\) goes with this model"):
        pushing.licence_text(None, base, ("llama3.1", None), own)
    with pytest.raises(UserError, match=r"a copy of the licence \(mine-and-theirs\)"):
        pushing.licence_text(None, {**base, "handed_on": None}, ("other", "mine-and-theirs"), own)
    assert pushing.licence_text(None, {**base, "handed_on": None}, ("gemma", None), own) is None


@pytest.mark.parametrize("name", ["model", "a/b/c", "me/한글", "me/-x", "me/a--b", "../x"])
def test_what_is_no_name_of_a_repository(name):
    with pytest.raises(UserError, match="is no repository of the hub: name owner/name"):
        pushing.check_repository(name)
    pushing.check_repository("me/Llama-3.1-8B_x.y")


def test_a_page_with_personal_data_stays_at_home_unless_asked():
    texts = {"README.md": "전화 010-1234-5678로", "Modelfile": "SYSTEM a@example.com으로", "LICENSE": "a@example.com",
             "vocab.txt": "a@example.com"}  # fmt: skip
    files = [pushing.Upload(name, text) for name, text in texts.items()]
    told = r"README.md \(1 telephone\); Modelfile \(1 e_mail\): .*PERSONAL=1"
    with pytest.raises(UserError, match=told) as refused:
        pushing.check_personal(files, False)
    assert "1234" not in str(refused.value)
    assert "LICENSE" not in str(refused.value) and "vocab.txt" not in str(refused.value)
    pushing.check_personal(files, True)
