"""Make a model folder (safetensors, configuration, tokenizer) from a GGUF file, as Ollama and LM Studio keep models.

Reads the file; writes the folder, and in it, last, gguf.json: the file's name and sha256, its architecture and
quantisation. Weights are the file's own values (quantised ones in float32), for Llama, Qwen2, Qwen3, Gemma 2 and 3.

  python tools/convert_gguf.py model-q4_k_m.gguf resources/hub/models/my-model
"""

from __future__ import annotations

import argparse
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.errors import UserError
from kotune.hub.gguf import check_begin
from kotune.models.gguf.file import check_sha256
from kotune.models.gguf.folder import convert

DTYPES = ("float32", "float16", "bfloat16")


def main(argv: list[str] | None = None) -> None:
    """Convert one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="a .gguf file")
    parser.add_argument("folder", type=Path, help="where the model goes; it must not hold one")
    parser.add_argument("--sha256", help="what the file's sha256 must be")
    parser.add_argument("--dtype", choices=DTYPES, help="the weights' type; the file's own values unless it is given")
    args = parser.parse_args(argv)
    if (args.folder / "config.json").exists():
        raise UserError(f"{args.folder}: there is a model in this folder; name another, or remove it")
    check_begin(args.file)
    made = convert(args.file, args.folder, check_sha256(args.file, args.sha256, "--sha256"), args.dtype)
    console.say(
        f"{args.folder}: {made['architecture']}, {made['values']:,} values dequantised from {made['quantisation']}, "
        f"{'with' if made['chat_template'] else 'without'} a chat template"
    )


if __name__ == "__main__":
    console.run(main)
