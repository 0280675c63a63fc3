"""Make the tiny stand-in models: train the shared tokenizer, pretrain each model, write its folder and card.

Reads resources/mini/econ-news/patterns/*.yaml and resources/mini/safe-chat/patterns.yaml. Writes <out>/<name>/
(config.json, generation_config.json, model.safetensors, tokenizer.json, tokenizer_config.json, README.md and, unless it
stands for a base model, chat_template.jinja), <out>/<name>.curve.jsonl and, with ``--tar``, <out>/<name>.tar. Several
models train side by side, each in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import library  # noqa: F401
from kotune.core import console
from kotune.core.errors import UserError, nearest
from kotune.core.names import ROOT
from kotune.core.storage import write_text
from kotune.mini import batches, cards, pretraining, probing, standins, tokenizers
from kotune.mini.chat_stock import load_stock
from kotune.mini.patterns import Topic, load_topics
from kotune.mini.standins import CHATS, CODE, STAND_INS, StandIn

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

PATTERNS = ROOT / "resources" / "mini" / "econ-news" / "patterns"
OUT = ROOT / "resources" / "mini" / "models"
TOKENIZER_SEED = 20260101


def reporter(stand_in: StandIn, curve: Any) -> pretraining.Report:
    """A function that adds a line to the curve and says how far the training is."""

    def report(row: dict[str, float]) -> None:
        curve.write(json.dumps(row) + "\n")
        curve.flush()
        speed = row["tokens"] / max(row["seconds"], 1e-9) / 1000
        console.say(
            f"{stand_in.name:<12} step {row['step']:>5}/{stand_in.steps}  loss {row['loss']:.3f}  "
            f"answers {row['answer_loss']:.3f}  {speed:,.0f}k tokens/s, "
            f"about {console.duration(row['seconds_left'])} left"
        )

    return report


def pretrain(
    stand_in: StandIn, tokenizer: Tokenizer, args: argparse.Namespace
) -> tuple[torch.nn.Module, pretraining.Progress]:
    """A freshly initialised model, trained on the batches that worker processes build."""
    import torch
    import transformers

    torch.manual_seed(stand_in.seed)
    config = standins.model_config(stand_in, tokenizer.get_vocab())
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32).to(args.device)
    file = args.out / stand_in.name / "tokenizer.json"
    done = pretraining.Progress()
    with (args.out / f"{stand_in.name}.curve.jsonl").open("w", encoding="utf-8") as curve:
        for stage in stand_in.stages():
            with batches.worker_pool(args.workers, args.patterns, file, stage) as pool:
                stream = batches.batches(pool, stage.steps, ahead=args.workers * 6)
                report = reporter(stage, curve)
                last = pretraining.train(model, stage, stream, args.device, args.compile, args.minutes * 60, report)
                pool.shutdown(wait=False, cancel_futures=True)
            last.steps, last.tokens, last.seconds = (
                last.steps + done.steps, last.tokens + done.tokens, last.seconds + done.seconds
            )  # fmt: skip
            done = last
    return model, done


def save(model: torch.nn.Module, tokenizer: Tokenizer, family: tokenizers.Family, folder: Path) -> None:
    """Write the weights as bf16, with the config and a generation config that knows every token an answer ends with."""
    import torch
    import transformers

    model.to(torch.bfloat16).eval()
    model.config.dtype = "bfloat16"
    model.generation_config = transformers.GenerationConfig(
        bos_token_id=model.config.bos_token_id,
        eos_token_id=[tokenizer.token_to_id(token) for token in family.stops],
        pad_token_id=model.config.pad_token_id,
        do_sample=False,
    )
    model.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # it comes out readable by its owner only


def merges(stand_in: StandIn, family: tokenizers.Family, topics: tuple[Topic, ...]) -> Tokenizer:
    """The merges of a stand-in's tokenizer, learnt on what it is pretrained on."""
    if stand_in.stage in batches.WRITERS:
        writer = batches.WRITERS[stand_in.stage](load_stock())
        return tokenizers.learn_merges(writer.lines(family, TOKENIZER_SEED), stand_in.vocabulary)
    return tokenizers.train_merges(topics, TOKENIZER_SEED, vocabulary=stand_in.vocabulary)


def make_one(stand_in: StandIn, args: argparse.Namespace) -> None:
    """Make one model: tokenizer, pretraining, files, probe, card."""
    import torch
    import transformers

    began = time.perf_counter()
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_float32_matmul_precision("high")
    torch.set_num_threads(args.threads)
    family = tokenizers.FAMILIES[stand_in.family]
    topics = load_topics(args.patterns)
    folder = args.out / stand_in.name
    tokenizer = tokenizers.for_family(merges(stand_in, family, topics), family)
    tokenizers.save(tokenizer, family, folder, stand_in.context)
    model, done = pretrain(stand_in, tokenizer, args)
    save(model, tokenizer, family, folder)
    # The weights as they were saved (bf16), computed in fp32: what a study on a CPU will see.
    model = model.float()
    if stand_in.stage == CHATS:
        scores = probing.probe_chats(model, tokenizer, family, load_stock(), args.device, args.questions)
    elif stand_in.stage == CODE:
        scores = probing.probe_code(model, tokenizer, family, args.device, args.questions)
    else:
        scores = probing.probe(model, tokenizer, family, topics, args.device, args.questions)
    facts = {
        "parameters": f"{model.num_parameters():,}",
        "device": torch.cuda.get_device_name() if args.device == "cuda" else "a CPU",
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    write_text(folder / "README.md", cards.card(stand_in, done, scores, facts))
    if args.tar:
        with tarfile.open(args.out / f"{stand_in.name}.tar", "w") as archive:
            archive.add(folder, arcname=stand_in.name)
            archive.add(args.out / f"{stand_in.name}.curve.jsonl", arcname=f"{stand_in.name}.curve.jsonl")
    console.say(outcome(stand_in, done, scores, folder, time.perf_counter() - began))


def outcome(
    stand_in: StandIn,
    done: pretraining.Progress,
    scores: Mapping[str, Mapping[str, float]],
    folder: Path,
    seconds: float,
) -> str:
    """The one line that says what came of a model."""
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    quick = ", ".join(f"{name} {'/'.join(f'{value:.2f}' for value in one.values())}" for name, one in scores.items())
    measures = "/".join(next(iter(scores.values())))
    return (
        f"made {stand_in.name}: {size:.1f} MB, {done.steps} steps, {done.tokens / 1e6:.0f} M tokens, "
        f"{console.duration(done.seconds)} of training, {console.duration(seconds)} in all; {measures} {quick}"
    )


def side_by_side(names: list[str], argv: list[str]) -> None:
    """Run this script once for each model, all at the same time. Raises UserError naming those that failed."""
    running = {name: subprocess.Popen([sys.executable, __file__, *argv, "--only", name]) for name in names}
    failed = [name for name, process in running.items() if process.wait()]
    if failed:
        raise UserError(f"not made: {', '.join(failed)}; run again with --only {' '.join(failed)}")


def parse(argv: list[str]) -> argparse.Namespace:
    """The command line; an unknown stand-in is a UserError."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--only", nargs="+", default=list(STAND_INS), help=f"some of {', '.join(STAND_INS)} (default: all)"
    )
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--patterns", type=Path, default=PATTERNS)
    parser.add_argument("--steps", type=int, help="instead of each model's own number")
    parser.add_argument("--rows", type=int, help="blocks a step, instead of each model's own number")
    parser.add_argument(
        "--minutes", type=float, default=0, help="end the training, annealed, after so long; 0: never early"
    )
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--workers", type=int, default=3, help="processes that build batches, for each model")
    parser.add_argument("--threads", type=int, default=1, help="torch's CPU threads, for each model")
    parser.add_argument("--questions", type=int, default=200, help="questions of each kind in the closing probe")
    parser.add_argument(
        "--compile", action=argparse.BooleanOptionalAction, default=True, help="torch.compile (GPU only)"
    )
    parser.add_argument("--tar", action="store_true", help="also write <out>/<name>.tar")
    parser.add_argument("--log", type=Path, help="file for what the libraries print")
    args = parser.parse_args(argv)
    args.compile = args.compile and args.device == "cuda"
    for name in args.only:
        if name not in STAND_INS:
            raise UserError(f"unknown stand-in '{name}'{nearest(name, STAND_INS)}")
    return args


def main(argv: list[str] | None = None) -> None:
    """Parse, then make the one model asked for, or several side by side."""
    argv = sys.argv[1:] if argv is None else argv
    args = parse(argv)
    console.to_log(args.log)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the workers are the parallelism
    os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "3")
    args.out.mkdir(parents=True, exist_ok=True)
    if len(args.only) > 1:
        load_topics(args.patterns)  # a faulty pattern is reported once, not by every process
        side_by_side(args.only, argv)
        return
    stand_in = STAND_INS[args.only[0]]
    make_one(replace(stand_in, steps=args.steps or stand_in.steps, rows=args.rows or stand_in.rows), args)


if __name__ == "__main__":
    console.run(main)
