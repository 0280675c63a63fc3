"""A card's metadata are what the hub reads, and what is wrong with a card is found without a network."""

import pytest
from huggingface_hub import EvalResult

from kotune.export import card_metadata

RESULT = EvalResult(
    task_type="text-generation", dataset_type="org/rows", dataset_name="줄", metric_type="em", metric_value=0.5
)


def text(body="# a-b\n\nA model.\n", **changes):
    given = {
        "name": "a-b",
        "form": "adapter",
        "base": "org/base",
        "licence": ("apache-2.0", None),
        "datasets": ["org/rows"],
    }
    head = card_metadata.metadata(**{**given, "results": [RESULT], **changes})
    return f"---\n{head.to_yaml()}\n---\n\n{body}"


def test_a_whole_card_has_no_fault_and_is_read_back():
    data, _ = card_metadata.split_card(text())
    assert card_metadata.faults(text()) == []
    assert data["library_name"] == "peft" and data["base_model_relation"] == "adapter"
    assert data["model-index"][0]["results"][0]["metrics"][0]["value"] == 0.5


@pytest.mark.parametrize(("form", "library"), [("merged", "transformers"), ("gguf-q8_0", "gguf")])
def test_each_form_names_its_library(form, library):
    assert card_metadata.split_card(text(form=form))[0]["library_name"] == library


def test_a_licence_that_the_hub_does_not_know_has_a_name_and_a_file():
    data, _ = card_metadata.split_card(text(licence=("other", "exaone-1.2-nc")))
    assert (data["license"], data["license_name"], data["license_link"]) == ("other", "exaone-1.2-nc", "LICENSE")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"licence": ("llama-9", None)}, "license: the hub knows no 'llama-9'"),
        ({"licence": ("other", None)}, "license is other, and no license_name says which"),
        ({"base": "no id"}, "base_model: 'no id' is no id of the hub"),
        ({"datasets": ["rows"]}, "datasets: 'rows' is no id of the hub"),
        ({"results": []}, r"no results \('model-index'\)"),
        ({"body": "# a-b\n\n## Data\n\n## Use\n\nso\n"}, "its section 'Data' is empty"),
        ({"body": "# a-b\n\nso\n\n## Use\n"}, "its section 'Use' is empty"),
        ({"body": "# a-b\n\n[More Information Needed]\n"}, "a placeholder: .More Information Needed"),
        ({"body": "# a-b\n\nTODO: say what it is\n"}, "a placeholder: TODO"),
    ],
)
def test_what_is_wrong_is_named(change, fault):
    (found,) = card_metadata.faults(text(**change))
    assert __import__("re").search(fault, found)


def test_what_stands_in_a_fence_is_no_placeholder_and_no_heading():
    assert card_metadata.faults(text("# a-b\n\n````text\nTODO\n```\n## x\n## y\n````\n")) == []


@pytest.mark.parametrize(
    "broken", ["# no head\n", "---\nlicense: [\n---\n", "---\n- a\n---\n", "---\nmodel-index: 3\n---\n"]
)
def test_a_head_that_cannot_be_read_is_one_fault(broken):
    assert len(card_metadata.faults(broken)) == 1


def test_values_that_are_no_numbers():
    bad = text().replace("value: 0.5", "value: '?'")
    assert card_metadata.faults(bad) == ["model-index: the value of 'em' is no number ('?')"]


def test_a_card_takes_the_name_of_its_repository():
    said = card_metadata.renamed(text(), "c-d")
    assert card_metadata.name_of(said) == "c-d" and "\n# c-d\n" in said and card_metadata.faults(said) == []
