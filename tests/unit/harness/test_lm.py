"""lm-evaluation-harness asks kotune as it asks its own HFLM, and gets the same predictions."""

import json

import pytest
import torch

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.harness import lm
from kotune.harness.likelihoods import Scorer

STAND_IN = ROOT / "resources/mini/models/tiny-llama3"
TASK = """
task: toy
dataset_path: json
dataset_kwargs: {data_files: {train: TRAIN, test: TEST}}
training_split: train
test_split: test
output_type: multiple_choice
doc_to_text: "문장: {{text}} 질문: 올랐나? 답변: "
doc_to_target: "{{label}}"
doc_to_choice: ["아니오", "예", "그것은 잘 모르겠다"]
metric_list:
  - metric: acc
  - metric: acc_norm
"""


def loaded():
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

    model = AutoModelForCausalLM.from_pretrained(STAND_IN, dtype=torch.float32).eval()
    return model, PreTrainedTokenizerFast.from_pretrained(STAND_IN)


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tasks")
    for split, count in (("train", 8), ("test", 24)):
        rows = [{"text": f"{number}월에 금리가 {'오르고 ' * (number % 4)}물가도 변했다.", "label": number % 2}
                for number in range(count)]  # fmt: skip
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
    text = TASK.replace("TRAIN", str(folder / "train.jsonl")).replace("TEST", str(folder / "test.jsonl"))
    (folder / "toy.yaml").write_text(text, encoding="utf-8")
    return folder


def evaluated(model, tasks):
    evaluator, manager = pytest.importorskip("lm_eval.evaluator"), pytest.importorskip("lm_eval.tasks")
    return evaluator.simple_evaluate(
        model=model, tasks=["toy"], num_fewshot=3, bootstrap_iters=0, log_samples=True,
        task_manager=manager.TaskManager(include_path=str(tasks), include_defaults=False),
    )  # fmt: skip


def test_its_evaluator_gives_the_same_numbers_with_kotune_as_with_its_own_model(tasks, monkeypatch, tmp_path):
    huggingface = pytest.importorskip("lm_eval.models.huggingface")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path))
    model, tokenizer = loaded()
    theirs = evaluated(huggingface.HFLM(pretrained=model, tokenizer=tokenizer, batch_size=5, device="cpu"), tasks)
    ours = evaluated(lm.lm_of(Scorer(loaded()[0]), tokenizer), tasks)
    assert ours["results"]["toy"] == theirs["results"]["toy"]
    for one, other in zip(ours["samples"]["toy"], theirs["samples"]["toy"], strict=True):
        assert one["arguments"] == other["arguments"]
        for (mine, greedy), (sum_, hit) in zip(one["filtered_resps"], other["filtered_resps"], strict=True):
            assert float(mine) == pytest.approx(float(sum_), abs=1e-4)
            assert greedy == hit


def test_pairs_may_come_in_any_order():
    model, tokenizer = loaded()
    scorer = Scorer(model)
    pairs = [(f"문장 {number % 3}: 금리가", f" 올랐다 {number}") for number in range(7)]
    made = lm.scored(scorer, tokenizer, pairs, exact=True)
    back = lm.scored(scorer, tokenizer, pairs[::-1], exact=True)[::-1]
    assert [one for one, _ in made] == pytest.approx([one for one, _ in back], abs=1e-4)
    assert len({round(one, 2) for one, _ in made}) == len(pairs)


def test_what_writes_text_is_refused():
    pytest.importorskip("lm_eval")
    model, tokenizer = loaded()
    with pytest.raises(UserError, match="kotune does not score"):
        lm.lm_of(Scorer(model), tokenizer).generate_until([])
