"""One process scores a model under all its arms and seeds, and a killed run continues."""

import json

import pytest
import torch

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json, read_jsonl, sha256_of
from kotune.harness import score

STAND_IN = ROOT / "resources/mini/models/tiny-llama3"
MODEL = {"path": str(STAND_IN), "name": "tiny-llama3", "family": "llama3", "pad": "<|finetune_right_pad_id|>"}
NF4 = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}
BASE = {"arm": "base", "seed": 42, "adapter": None, "quantization": None}


def request(number: int, protocol: str) -> dict:
    return {
        "task": "toy", "protocol": protocol, "shots": 0, "template": "none", "item": f"toy-{number}",
        "context": f"문장: {number}월에 금리가 올랐다. 답변: ", "continuations": [" 예", " 아니오", " 모른다"], "gold": 0,
    }  # fmt: skip


@pytest.fixture(scope="module")
def adapters(tmp_path_factory):
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    folders = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_pretrained(STAND_IN, dtype=torch.float32)
        lora = LoraConfig(r=4 * seed, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
        folders.append(tmp_path_factory.mktemp(f"adapter{seed}"))
        get_peft_model(model, lora).save_pretrained(folders[-1])
    return folders


@pytest.fixture
def order(tmp_path, adapters):
    def made(arms, folder="scored", untrained=(), **settings):
        lines = [request(number, protocol) for protocol in ("published", "clean") for number in range(6)]
        path = tmp_path / "requests.jsonl"
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
        settings |= {"arms": arms, "untrained": list(untrained)}
        out, compute = tmp_path / folder, {"device": "cpu", "threads": 1}
        return score.Order(MODEL, settings, path, out, out / "record.json", compute, "toy")

    return made


def tuned(adapter, seed: int, **changed) -> dict:
    return {"arm": "tuned", "seed": seed, "adapter": str(adapter), "quantization": None, **changed}


def sums(order, name: str) -> list:
    return [line["sums"] for line in read_jsonl(order.folder / name / "loglikelihoods.jsonl")]


def test_each_arm_and_seed_has_the_numbers_that_it_has_alone(order, adapters):
    arms = [tuned(adapters[0], 1), BASE, tuned(adapters[1], 2), {**BASE, "arm": "nf4", "quantization": NF4}]
    whole = order(arms, untrained=[42])
    done = score.score(whole)
    names = ["base/seed42", "nf4/seed42", "tuned/seed1", "tuned/seed2", "untrained/seed42"]
    assert done["treatments"] == names
    for number, arm in enumerate(arms):
        alone = order([arm], f"alone{number}")
        score.score(alone)
        name = f"{arm['arm']}/seed{arm['seed']}"
        assert sums(alone, name) == sums(whole, name)
    assert len({json.dumps(sums(whole, name)) for name in names}) == len(names)


def test_lines_name_their_request_and_the_record_every_file(order):
    asked = order([BASE], untrained=[1, 2])
    score.score(asked)
    lines = read_jsonl(asked.folder / "base/seed42/loglikelihoods.jsonl")
    assert [(line["protocol"], line["item"]) for line in lines] == [
        (protocol, f"toy-{number}") for protocol in ("published", "clean") for number in range(6)
    ]
    assert set(lines[0]) == {"task", "protocol", "shots", "template", "item", "sums", "tokens", "greedy"}
    assert [len(lines[0][key]) for key in ("sums", "tokens", "greedy")] == [3, 3, 3]
    files = read_json(asked.record)["with"]["files"]
    for name in ("base/seed42", "untrained/seed1", "untrained/seed2"):
        path = asked.folder / name / "loglikelihoods.jsonl"
        assert files[f"{name}/loglikelihoods.jsonl"]["sha256"] == sha256_of(path)
    assert not list(asked.folder.rglob("*.part"))


def test_a_killed_run_continues_after_its_last_whole_pass(order, monkeypatch):
    whole = order([BASE], "whole", tokens=80)
    score.score(whole)
    killed = order([BASE], "killed", tokens=80)
    passes = []

    class Stopped(Exception):
        pass

    before = score.Part.add

    def add(part, lines, seconds):
        if len(passes) == 2:
            raise Stopped
        passes.append(lines)
        before(part, lines, seconds)

    monkeypatch.setattr(score.Part, "add", add)
    with pytest.raises(Stopped):
        score.score(killed)
    assert not killed.record.exists()
    monkeypatch.setattr(
        score.Part, "add", lambda part, lines, seconds: (passes.append(lines), before(part, lines, seconds))
    )
    score.score(killed)
    owners = [tuple(line["owner"]) for lines in passes for line in lines]
    assert len(owners) == len(set(owners)) == 36, "what was scored before the end is not scored again"
    assert sums(killed, "base/seed42") == sums(whole, "base/seed42")


def test_bad_requests_are_refused_by_line(order, tmp_path):
    asked = order([BASE])
    asked.requests.write_text(json.dumps(request(0, "cleen")) + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"requests.jsonl, line 1: unknown protocol 'cleen'; known: published, clean"):
        score.score(asked)
    asked.requests.write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="no requests in it"):
        score.score(asked)


def test_an_adapter_that_is_not_there_is_refused_before_a_model_is_loaded(order, tmp_path):
    with pytest.raises(UserError, match="train the adapter first"):
        score.score(order([tuned(tmp_path / "nowhere", 1)]))
