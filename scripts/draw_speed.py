"""Compare the kept measurements of speed and memory with the limits: data and figure of the paper's appendix.

Example, after `snakemake --cores 1`:

  python scripts/draw_speed.py --settings results/mini/settings/draw_speed/settings.json \\
    --benchmarks config/benchmarks.yaml --output-dir /tmp/speed
"""

from __future__ import annotations

from pathlib import Path

from kotune.core import arguments, console
from kotune.core.arguments import json_or_file
from kotune.core.catalogue import read_yaml
from kotune.core.storage import write_json
from kotune.printing.figure_style import house_style, save
from kotune.speed import limits


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, compute, draw, write."""
    parser = arguments.parser(__doc__)
    parser.add_argument("--measurements", type=Path, nargs="*", default=[], help="files of config/speed/benchmarks/")
    parser.add_argument("--benchmarks", type=Path, required=True, help="config/benchmarks.yaml")
    parser.add_argument("--settings", type=json_or_file, required=True, help='JSON: {"models", "cards", "constants"}')
    parser.add_argument("--output-dir", type=Path, required=True, help="folder for speed.json, speed.svg and speed.png")
    parser.add_argument("--log", help="send the libraries' output there")
    args = parser.parse_args(argv)
    console.to_log(args.log)

    asked = read_yaml(args.benchmarks)
    own = args.settings
    shown = limits.document(args.measurements, asked, own["models"], own["cards"], own["constants"])
    write_json(args.output_dir / "speed.json", shown)
    with house_style():
        save(limits.draw(shown), args.output_dir, "speed")
    console.say(f"drew the speed of {len(shown['cards'])} cards")


if __name__ == "__main__":
    console.run(main)
