"""Measure how long rows of the competition's size take to prepare, and how much memory: prints seconds and MiB.

By hand: ``python tests/benchmark_preparation.py [open.zip]``; without one, a stand-in of the same size is made. Each run
is a process of its own, as in the workflow.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def measured(command: list[str]) -> tuple[float, float]:
    """Run a command; return its seconds and the peak of its resident memory in MiB."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: failed")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def preparation(bundle: Path, folder: Path) -> list[str]:
    """Return the command that prepares an archive's rows as the study does."""
    source = {
        "dataset": "dacon-236291",
        "columns": {name: name for name in ("id", "context", "question", "answer")},
        "path": f"{bundle}/train.csv",
        "files": {"submission": f"{bundle}/test.csv"},
        "split": {"valid": 0.1, "test": 0.1, "seed": 42},
        "max_context_chars": 1300,
    }
    script = ROOT / "scripts" / "prepare_rows.py"
    return [sys.executable, str(script), "--source", json.dumps(source), "--output-dir", str(folder)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, nargs="?", help="open.zip; a stand-in is made without one")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if args.bundle is None:
            # in a process of its own: what this one holds would count as a child's memory
            subprocess.run([sys.executable, str(ROOT / "tests" / "dacon_rows.py"), folder], check=True)
            args.bundle = Path(folder) / "open.zip"
        idle = measured([sys.executable, "-c", "import polars, pyarrow.csv"])[1]
        runs = [measured(preparation(args.bundle, Path(folder) / "rows")) for _ in range(args.runs)]
        audit = json.loads((Path(folder) / "rows" / "audit.json").read_text(encoding="utf-8"))
    for file in audit["files"]:
        print(f"{Path(file['path']).name}: {file['rows']:,} rows")
    kept = {split: facts["rows"] for split, facts in audit["splits"].items()}
    print(f"kept: {', '.join(f'{split} {rows:,}' for split, rows in kept.items())}")
    print(f"seconds: {', '.join(f'{seconds:.2f}' for seconds, _ in runs)}")
    print(f"peak MiB: {max(peak for _, peak in runs):.0f} ({idle:.0f} with nothing read)")


if __name__ == "__main__":
    main()
