"""Score a benchmark's real items by kotune and by lm-evaluation-harness itself, with one model in memory; compare.

Reads KoBEST's own files, or a file of requests that scripts/build_requests.py wrote, and config/; writes one JSON
document of items/s, shares of equal predictions and differences of sums. A model that is no stand-in has its true
shape, random weights and a tokenizer learned from the requests. The document is written anew after each run, so that a
time limit loses only the last. To keep what a card gave, put it into config/speed/harness/ and run
tools/fill_measured.py.

Example: python tools/compare_harness.py --data path/to/kobest-v1.0 --model llama-3.1-8b --shots 5 \\
  --on "28 November 2026" --output results/benchmarks/harness-llama-3.1-8b.json
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.storage import read_json, read_jsonl, write_json, write_jsonl

EXACT_BATCH = 8  # of lm-eval in float32
WARM = 16  # items that go through before the clock is started: kernels are chosen, libraries loaded


def built(folder: Path, shots: int) -> list[dict]:
    """Return the published requests of KoBEST's test items, from its makers' folder."""
    from kotune.core.names import ROOT

    tasks = [f"kobest_{name}" for name in ("boolq", "copa", "hellaswag", "sentineg", "wic")]
    asked = {"tasks": tasks, "include": None, "num_fewshot": [shots]}
    with tempfile.TemporaryDirectory() as place:
        for script, settings, files in (
            ("prepare_benchmark", {"source": {"folder": str(folder)}}, ["--output-dir", f"{place}/data"]),
            ("build_requests", {"protocols": ["published"], "template": "none"},
             ["--data", f"{place}/data", "--output", f"{place}/requests.jsonl"]),
        ):  # fmt: skip
            command = [sys.executable, str(ROOT / f"scripts/{script}.py"), "--settings", json.dumps(asked | settings)]
            subprocess.run([*command, *files], check=True)
        return read_jsonl(f"{place}/requests.jsonl")


def loaded(args: argparse.Namespace, requests: list[dict], device: str):
    """Return the model in memory and its tokenizer."""
    import torch

    from kotune.core.catalogue import read_yaml
    from kotune.core.names import ROOT
    from kotune.models import loading, random_weights
    from kotune.speed import engines, harness

    catalogue, families = read_yaml(ROOT / "config/models.yaml"), read_yaml(ROOT / "config/families.yaml")
    settings = engines.model_settings(args.model, catalogue["models"], catalogue["stand_ins"], families, Path("."))
    compute = {"device": "auto" if device == "cuda" else "cpu", "threads": args.threads}
    if "shape" not in settings:
        settings["path"] = str(ROOT / settings["path"])
        return loading.load_model(settings, None, compute).model.eval(), loading.load_tokenizer(settings)
    torch.set_num_threads(args.threads)  # and nothing else: lm-eval asks torch for no deterministic kernels
    dtype = getattr(torch, args.dtype or ("bfloat16" if device == "cuda" else "float32"))
    special = list(dict.fromkeys([*settings["required_tokens"], *settings["stop"], settings["pad"]]))
    tokenizer = harness.tokenizer_of(requests, args.vocabulary or harness.VOCABULARY, special)
    return random_weights.make(settings, None, dtype, device), tokenizer


def instances(pairs: list[tuple[str, str]]) -> list:
    """Return pairs as lm-eval's requests."""
    from lm_eval.api.instance import Instance

    return [Instance("loglikelihood", {}, pair, number) for number, pair in enumerate(pairs)]


def timed(lm, requests: list[dict]) -> tuple[list, float]:
    """Return what a model of lm-eval answers to all options, and the seconds that it took."""
    import torch

    from kotune.speed import harness

    lm.loglikelihood(instances(harness.pairs_of(requests[:: max(1, len(requests) // WARM)])), disable_tqdm=True)
    asked = instances(harness.pairs_of(requests))
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    began = time.monotonic()
    answers = lm.loglikelihood(asked, disable_tqdm=True)
    seconds = time.monotonic() - began
    gc.collect()
    return harness.grouped(requests, answers), seconds


def by_kotune(model, tokenizer, requests: list[dict], args: argparse.Namespace):
    """Return the sums and what is told of a run by kotune, in the model's own type as lm-eval computes."""
    from kotune.harness import lm
    from kotune.harness.likelihoods import Scorer

    scorer = Scorer(model, tokens=args.tokens)
    sums, seconds = timed(lm.lm_of(scorer, tokenizer), requests)
    return sums, {"name": "kotune", "seconds": round(seconds, 3), "items": len(requests), "way": scorer.way}


def by_hf(model, tokenizer, requests: list[dict], batch: str | int, name: str):
    """Return the sums and what is told of a run by lm-eval's own HFLM around the same model."""
    from lm_eval.models.huggingface import HFLM

    model.set_attn_implementation("sdpa")
    theirs = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=batch)
    sums, seconds = timed(theirs, requests)
    size = max(theirs.batch_sizes.values(), default=None) if batch == "auto" else batch
    told = {"name": name, "seconds": round(seconds, 3), "items": len(requests), "batch": size}
    return sums, {key: value for key, value in told.items() if value is not None}


def by_vllm(args: argparse.Namespace, tokenizer, model, requests: list[dict]) -> dict:
    """Return what is told of a run by lm-eval's vLLM model, in a process of its own with weights that vLLM makes up."""
    with tempfile.TemporaryDirectory() as folder:
        model.config.architectures = [type(model).__name__]  # vLLM chooses its own class by it
        model.config.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        found = Path(folder) / "found.json"
        write_jsonl(Path(folder) / "requests.jsonl", requests)
        command = [args.vllm_python, __file__, "--step", folder, "--requests", f"{folder}/requests.jsonl"]
        command += ["--shots", str(args.shots), "--output", str(found)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not found.is_file():
            last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
            return {"name": "vllm", "failed": " ".join(last)[:200] or f"exit status {done.returncode}"}
        return read_json(found)


def in_vllm(args: argparse.Namespace, requests: list[dict]) -> dict:
    """Measure vLLM in this process; ``--step`` names the folder of a configuration and a tokenizer."""
    from lm_eval.models.vllm_causallms import VLLM

    lm = VLLM(pretrained=args.step, dtype="bfloat16", batch_size="auto", load_format="dummy", max_model_len=8192)
    _, seconds = timed(lm, requests)
    return {"name": "vllm", "seconds": round(seconds, 3), "items": len(requests)}


def compare(args: argparse.Namespace, requests: list[dict]) -> dict:
    """Run what the command line asks for; return the document, which is written after each run."""
    import torch

    from kotune.core.records import commit, package_versions
    from kotune.harness import token_ids
    from kotune.speed import harness

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model, tokenizer = loaded(args, requests, device)
    texts = [one["context"] for one in requests]
    tokens = sum(len(ids) for ids in token_ids.ids_of(tokenizer, texts))
    asked = {
        "card": torch.cuda.get_device_name(0) if device == "cuda" else "cpu",
        "on": args.on, "model": args.model, "shots": args.shots, "items": len(requests),
        "options": sum(len(one["continuations"]) for one in requests),
        "dtype": str(next(model.parameters()).dtype).removeprefix("torch."),
        "tokens_a_character": round(tokens / sum(map(len, texts)), 4),
        "tokens_a_context": round(tokens / len(texts), 1),
        "packages": package_versions(("torch", "transformers", "lm_eval", "vllm")), "commit": commit(),
    }  # fmt: skip
    runs: list[dict] = []

    def kept(run: dict, told: str = "") -> None:
        runs.append(run)
        write_json(args.output, harness.document(asked, runs))
        said = run["failed"] if "failed" in run else f"{run['items'] / run['seconds']:.1f} items/s{told}"
        console.say(f"{harness.ABOUT[run['name']]}: {said}")

    ours, run = by_kotune(model, tokenizer, requests, args)
    kept(run)
    theirs, run = by_hf(model, tokenizer, requests, args.batch, "hf")
    runs[0]["agreement"] = harness.agreement(ours, theirs)
    kept(run, f"; kotune agrees in {runs[0]['agreement']['equal']:.2%}")
    some, base = requests[:: args.every], theirs[:: args.every]
    runs[0]["agreement_of_some"] = harness.agreement(ours[:: args.every], base)
    if args.exact:
        step = max(1, len(requests) // args.exact)
        exact, _ = by_hf(model.float(), tokenizer, requests[::step], EXACT_BATCH, "hf-other")
        for run, sums in zip(runs, (ours, theirs), strict=True):
            run["from_float32"] = harness.agreement(sums[::step], exact)
        model.to(getattr(torch, asked["dtype"]))
        write_json(args.output, harness.document(asked, runs))
    for batch in args.other_batch:
        other, run = by_hf(model, tokenizer, some, batch, "hf-other")
        run["agreement"] = harness.agreement(other, base)
        kept(run, f"; lm_eval agrees with itself in {run['agreement']['equal']:.2%} of {len(some)} items")
    if args.vllm_python:
        model.cpu()
        gc.collect()
        torch.cuda.empty_cache()  # another process takes the card
        kept(by_vllm(args, tokenizer, model, requests))
    return read_json(args.output)


def main(argv: list[str] | None = None) -> None:
    """Compare, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--data", type=Path, help="the folder of KoBEST's makers: BoolQ, COPA, HellaSwag, SentiNeg, WiC")
    given.add_argument("--requests", type=Path, help="a file that scripts/build_requests.py wrote")
    parser.add_argument("--model", default="llama-3.1-8b", help="of config/models.yaml, a stand-in included")
    parser.add_argument("--shots", type=int, default=5, help="which of the file's requests, of the protocol published")
    parser.add_argument("--most", type=int, default=0, help="items that are asked at the most; 0: all")
    parser.add_argument("--tokens", type=int, help="tokens of a pass of kotune's (what it takes by itself)")
    parser.add_argument("--batch", default="auto", help="lm-eval's batch size")
    parser.add_argument(
        "--other-batch",
        type=int,
        nargs="*",
        default=[8, 1],
        help="lm-eval's batch sizes, where it is held against itself",
    )
    parser.add_argument(
        "--every", type=int, default=5, help="of so many items one, where lm-eval is held against itself"
    )
    parser.add_argument(
        "--exact", type=int, default=0, help="items of which both are held against lm-eval's sums in float32; 0: none"
    )
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], help="of random weights; bfloat16 on a GPU")
    parser.add_argument("--vocabulary", type=int, help="tokens of the tokenizer that is made up")
    parser.add_argument("--vllm-python", help="a Python that has vllm and lm_eval; without it, vLLM is left out")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--on", default="", help="the day, in words")
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks/harness.json"))
    parser.add_argument("--step", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)

    from kotune.speed import harness

    given = built(args.data, args.shots) if args.data else read_jsonl(args.requests)
    requests = [one for one in given if (one["protocol"], one["shots"]) == ("published", args.shots)]
    requests = requests[:: max(1, len(requests) // args.most)] if args.most else requests
    if args.step:
        write_json(args.output, in_vllm(args, requests))
        return
    console.say("\n" + harness.table([compare(args, requests)]))


if __name__ == "__main__":
    console.run(main)
