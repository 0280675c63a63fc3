"""What a variant adds to a row stands where its texts say, and what cannot go together is refused."""

import re

import pytest
import yaml

from kotune.core.names import ROOT
from kotune.prompts.additions import columns_of, fault, in_segments, written
from kotune.prompts.families import family_from
from kotune.prompts.rendering import render_split
from kotune.prompts.tokenizers import load_tokenizer

FAMILY = "chatml"
ROW = {
    "id": "가나",
    "article": "기사의 이름",
    "context": "물가가 올랐다.",
    "question": "무엇이 올랐나?",
    "answer": "물가가",
}
VARIANTS = yaml.safe_load((ROOT / "config/prompts/econ-qa.yaml").read_text(encoding="utf-8"))["variants"]
OTHERS = [
    {**ROW, "id": f"t{place}", "article": f"a{place}", "context": f"{place}: 환율이 올랐다."} for place in range(3)
]


def turns(text):
    return {FAMILY: {"turns": [{"role": "user", "content": text}]}}


@pytest.fixture(scope="module")
def rendered():
    data = yaml.safe_load((ROOT / "config/families.yaml").read_text(encoding="utf-8"))[FAMILY]
    family = family_from(FAMILY, data)
    tokenizer = load_tokenizer(ROOT / "resources/mini/models/tiny-eeve", family)

    def made(variant, row=ROW, split="train", **more):
        prompt = {"name": "econ-qa", "variant": variant, "content": VARIANTS[variant]}
        return render_split([row], split, prompt, family, tokenizer, 4096, pool=OTHERS, **more)[0][0]

    return made


def test_names_are_not_cut_and_texts_are():
    (made,) = in_segments([ROW], {"segment": "kiwi"})
    assert made == {**ROW, "context": "물가 가 올 랐 다 .", "question": made["question"], "answer": "물가 가"}
    assert made["question"] != ROW["question"] and in_segments([ROW], {}) == [ROW]
    assert written(ROW, ["context", "question"]) == [ROW["context"], ROW["question"]]


def test_a_segmented_prompt_brings_the_texts_in_which_its_answers_are_looked_up(rendered):
    made = rendered("segmented")
    assert "물가 가 올 랐 다 ." in made["prompt"] and made["completion"].startswith("물가 가<")
    assert made["written"] == [ROW["context"], ROW["question"]]
    assert "written" not in rendered("clean") and "한 단어로" in made["prompt"], "the variant's own words stay"


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_retrieved_prompt_shows_the_nearest_text_of_another_article(rendered, split):
    made = rendered("retrieved", split=split)
    assert made["passages"] == ["t0"] and "참고:\n0: 환율이 올랐다.\n\nContext:\n물가가 올랐다." in made["prompt"]


def test_passages_by_meaning_are_found_by_the_embedder_that_is_given(rendered):
    import numpy as np

    def embed(texts):
        return np.array([[1.0, 0.0] if "2:" in text or "?" in text else [0.0, 1.0] for text in texts])

    assert rendered("retrieved_by_meaning", embed=embed)["passages"] == ["t2"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"segment": "kiwi"}, None),
        ({"retrieve": {}}, r"do not say where the passages stand; write \{\{ passages \}\} there"),
        ({"shots": {}}, r"do not say where the examples stand; write \{\{ shots \}\} there"),
        ({"segment": "kiwi", "retrieve": {}}, "segment and retrieve cannot go together"),
        ({"segment": "kiwi", "shots": {}}, "segment and shots cannot go together"),
    ],
)
def test_what_cannot_be_is_said(content, why):
    found = fault({"families": turns("{{ context }}{{ question }}"), **content}, FAMILY)
    assert found is None if why is None else re.search(why, found)


def test_a_variant_with_examples_and_passages_adds_both_columns():
    content = {"families": turns("{{ shots }}{{passages}}{{ question }}"), "shots": {}, "retrieve": {}}
    assert fault(content, FAMILY) is None and columns_of(content) == ["shots", "passages"]
    assert fault({**content, "families": {}}, FAMILY) is None, "no words to a family are no fault of the additions"
