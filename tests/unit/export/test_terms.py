"""What licences ask of who hands a tuned model on: name, notice, copy, and what nobody may."""

import pytest
from studies import configuration

from kotune.export import terms
from kotune.export.terms import Leave

LICENCES = configuration()["licences"]


def base(licence="apache-2.0", title="org/model-8b", **changes):
    known = LICENCES.get(licence, {})
    given = {"title": title, "licence": licence, "handed_on": known.get("handed_on"), "unverified": False}
    return given | {"commercial": "yes", "licence_note": known.get("note")} | changes


def data(licence="apache-2.0", redistribution=True, **changes):
    given = {"name": "rows", "title": "Rows", "licence": licence, "redistribution": redistribution}
    return given | {"unverified": []} | changes


@pytest.mark.parametrize(
    ("licence", "good", "bad"),
    [
        ("llama3.1", "Llama-3.1-8B-mine", "mine-Llama"),
        ("llama3", "llama_3-open-ko", "Llama-open-ko"),
        ("EXAONE AI Model License 1.2-NC", "EXAONE-4.0-1.2B-mine", "ko-EXAONE"),
    ],
)
def test_a_name_begins_as_the_base_s_licence_asks(licence, good, bad):
    asked = base(licence, commercial="no")
    assert terms.refusals(asked, [data()], good, Leave()) == []
    (why,) = terms.refusals(asked, [data()], bad, Leave())
    assert f"({licence}) wants the name to begin with" in why and f"'{bad}'" in why


@pytest.mark.parametrize(
    ("licence", "title", "name"),
    [
        ("llama3.1", "unsloth/Meta-Llama-3.1-8B", "Llama-3.1-8B-s-a"),
        ("llama3", "beomi/Llama-3-Open-Ko-8B", "Llama-3-Open-Ko-8B-s-a"),
        ("llama3", "org/ko-8b", "Llama-3-ko-8b-s-a"),
        ("apache-2.0", "한국/모델", "s-a"),
    ],
)
def test_a_model_s_own_name_obeys_and_is_a_name_of_the_hub(licence, title, name):
    assert terms.own_name(base(licence, title), "s", "a") == name


def test_the_card_s_licence_is_the_base_s_unless_data_restrict_it():
    assert terms.licence_of(base("llama3"), [data(), data("mit")]) == ("llama3", None)
    assert terms.licence_of(base(), [data("cc-by-nc-4.0")]) == ("other", "apache-2.0-and-cc-by-nc-4.0")
    assert terms.licence_of(base("cc-by-sa-4.0"), [data("cc-by-sa-4.0")]) == ("cc-by-sa-4.0", None)
    assert terms.licence_of(base("EXAONE AI Model License 1.2-NC"), []) == ("other", "exaone-ai-model-license-1.2-nc")
    assert terms.licence_of(base(), [data("none stated", False)]) == ("other", "apache-2.0-and-none-stated")


def test_what_was_not_read_must_be_read_first():
    for asked in (base("gemma"), base("apache-2.0", unverified=True), base("not stated")):
        (why,) = terms.refusals(asked, [data()], "x", Leave())
        assert "read it, and say so with --licence-read" in why
        assert terms.refusals(asked, [data()], "x", Leave(licence_read=True)) == []
    assert any("was not read here: read it before you do" in line for line in terms.lines(base("gemma"), []))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (data("cc-by-nd-2.0-kr", None), "(cc-by-nd-2.0-kr) forbids to hand on what is made of it"),
        (data("competition rules", False), "its rows may not be handed on (competition rules)"),
    ],
)
def test_data_that_may_not_be_handed_on_stop_a_push_unless_their_owner_agreed(given, why):
    (told,) = terms.refusals(base(), [given], "x", Leave())
    assert f"data set 'rows': {'its licence ' if why[0] == '(' else ''}{why}" in told
    assert terms.refusals(base(), [given], "x", Leave(data="the owner, by letter")) == []


def test_lines_say_who_forbids_what():
    said = "\n".join(terms.lines(base("llama3.1", commercial="conditions"), [data("cc-by-nc-sa-4.0", False)]))
    assert "Llama 3.1 is licensed under the Llama 3.1 Community License" in said
    assert "not for commercial use; what is made of it is to be shared under the same licence" in said
    assert "its rows may not be handed on" in said and said.endswith("This is no legal advice.")
    assert "Not for commercial use: qwen-research forbids it" in "\n".join(
        terms.lines(base("qwen-research", commercial="no"), [])
    )


def test_a_leave_stands_in_the_card_escaped():
    card = "x\n- This is no legal advice.\n"
    assert terms.with_leave(card, None) == card
    assert "- Handed on by leave: &lt;b&gt;me.\n- This is no legal advice." in terms.with_leave(card, "<b>me")


def test_every_licence_whose_terms_are_known_says_where_they_were_read():
    lacking = {name for name, one in LICENCES.items() if one.get("handed_on") and "source" not in one}
    assert lacking <= {"apache-2.0", "mit"}
