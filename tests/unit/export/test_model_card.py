"""A card from records: whole, without placeholders, and inert whatever rows and names hold."""

import pytest
import toy_cards

from kotune.export import card_metadata, model_card

HOSTILE = "```\n</pre><script>alert(1)</script>\n---\n# Limits\nTODO [x](javascript:y)\u202e"


def test_a_card_is_whole_and_has_every_section():
    text = model_card.card(toy_cards.facts())
    assert card_metadata.faults(text) == []
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(model_card.SECTIONS)
    assert "**A test model.**" in text and "sha256:" + "f" * 64 in text


def test_a_real_base_is_named_with_its_id_and_what_its_licence_wants_shown():
    text = model_card.card(toy_cards.facts("full"))
    data, body = card_metadata.split_card(text)
    assert (data["base_model"], data["license"]) == ("unsloth/Meta-Llama-3.1-8B", "llama3.1")
    assert data["datasets"] == ["jojo0217/korean_safe_conversation"]
    assert "\n# Llama-3.1-8B-safe-chat-tuned\n" in body and "**Built with Llama**" in body
    assert "A test model" not in body and "Most of it is a filtered KoAlpaca 1.1" in body


def test_hostile_rows_and_names_stay_what_they_are():
    plain = toy_cards.facts()
    facts = toy_cards.facts(
        prompts={"variant": "x", "example": {"prompt": HOSTILE, "completion": HOSTILE}},
        settings={**plain.settings, "question": HOSTILE, "title": HOSTILE, "notice": HOSTILE},
        loading=["code"],
    )
    text = model_card.card(facts)
    assert [fault for fault in card_metadata.faults(text) if "TODO" not in fault] == [], "the title alone holds it"
    outside = "\n".join(card_metadata._outside_fences(card_metadata.split_card(text)[1]))
    assert "<script" not in outside and "](javascript" not in outside.replace("\\](", "") and "\u202e" not in text
    assert outside.count("\n## Limits") == 1


@pytest.mark.parametrize("redistribution", [None, False])
def test_rows_that_may_not_be_handed_on_are_not_shown(redistribution):
    plain = toy_cards.facts()
    data = [{**plain.data[0], "title": "Rules", "licence": "competition rules", "redistribution": redistribution}]
    text = model_card.card(toy_cards.facts(settings={**plain.settings, "data": data}))
    assert "인사해 줘" not in text and "안녕하세요" not in text and "No row is shown: Rules may not" in text
    assert card_metadata.faults(text) == []


def test_leaks_of_what_was_asked_are_limits():
    comparisons = [
        {"first": "train", "second": "test", "rows": 120, "exact": 4, "near": 7},
        {"first": "train", "second": "valid", "rows": 60, "exact": 1, "near": 1},
        {"first": "test", "second": "other: test", "rows": 9, "exact": 9, "near": 0},
    ]
    text = model_card.card(toy_cards.facts(leaks={"comparisons": comparisons}))
    assert "- Of 120 rows of test, 4 stand word for word in train and 7 nearly." in text
    assert text.count("word for word in train") == 1


def test_evaluations_and_benchmarks_have_tables_of_their_own():
    told = toy_cards.settings()
    told["harness"] = {"kobest": {"title": "KoBEST", "data": {"name": "kobest-v1", "title": "KoBEST", "hub_id": None}}}
    line = {"protocol": "clean", "shots": 0, "template": "none", "task": "kobest_wic", "metric": "acc", "n": 1260}
    line |= {"model": "plain-llama-chat", "arm": "tuned", "mean": 0.5, "stderr": 0.0141, "seeds": [3407]}
    refusals = {"means": [toy_cards.mean("tuned", 0.9, "harmful", "refusal")], "pairs": []}
    text = model_card.card(
        toy_cards.facts(settings=told, evaluations={"safety-prompts": refusals}, harness={"kobest": {"means": [line]}})
    )
    assert "### Refusals on harmful" in text and "| harmful | refusals | – | 0.900" in text
    assert "### KoBEST" in text and "| kobest\\_wic | clean | 0 | none | acc | – | 0.5000 ± 0.0141 |" in text
    index = card_metadata.split_card(text)[0]["model-index"][0]["results"]
    assert {one["dataset"]["type"] for one in index} == {"mini-safe-chat", "safety-prompts", "kobest-v1"}


def test_a_form_says_how_it_is_run_and_what_it_answers():
    answers = {
        "agreement": 0.9, "rows": 60, "split": "valid", "loses": False, "asked_again": True,
        "limit": {"before": 0.0, "after": 0.0},
        "score": {"metric": "similarity", "before": 0.7, "after": 0.69, "difference": -0.01, "low": None, "high": None},
    }  # fmt: skip
    text = model_card.card(toy_cards.facts(exported={"form": "gguf-f16", "answers": answers, "vllm": None}))
    assert "\nOne GGUF file in 16 bits, for Ollama, LM Studio and llama.cpp; made from `plain-llama-chat`" in text
    assert "ollama create NAME -f Modelfile" in text and "90.0 % of 60 answers to valid are the arm's" in text
    merged = model_card.card(toy_cards.facts(exported={"form": "merged", "answers": answers, "vllm": "vllm serve ."}))
    assert "vllm serve ." in merged and "AutoModelForCausalLM" in merged
    assert card_metadata.faults(text) == card_metadata.faults(merged) == []
