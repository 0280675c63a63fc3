"""Train one adapter with several processes, one for each card, started by ``accelerate launch``.

The result is what one process would make: the same rows in a step, seed, steps and files. The first process works as a
single one would; the others compute their share of each step, in folders that are deleted.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from kotune.core import console, relay
from kotune.core.errors import UserError
from kotune.core.storage import Json

END = "\0end of what the processes say"
STOPPED = 130  # the exit status of a training that was told to stop
STOP_FILE = "KOTUNE_STOP"  # names the file whose presence tells the processes to stop; see `stopping`
Found = TypeVar("Found")


def count() -> int:
    """Return how many processes train together; 1 where this one is alone."""
    return int(os.environ.get("WORLD_SIZE", "1")) if launched() else 1


def rank() -> int:
    """Return the number of this process among those that train together; 0 is the first."""
    return int(os.environ["LOCAL_RANK"]) if launched() else 0


def launched() -> bool:
    """Return whether this process is one of several that `launch` started."""
    return "LOCAL_RANK" in os.environ


def _end_with_parent() -> None:
    """Have Linux stop the launcher, and so its processes, should the one that started it be killed.

    It is stopped by SIGINT alone: on SIGTERM, which a cluster sends to all processes of a job, it would give its own 30
    seconds, and a step of a large model may take longer.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl:
        prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


def launch(script: Path, arguments: Sequence[str], processes: int) -> None:
    """Run a script in several processes and pass on what the first of them says; end as they end."""
    said = [""]
    ended = threading.Event()

    def show(line: str) -> None:
        if line == END:
            ended.set()
            return
        said[0] = line
        console.say(line)

    relay.listen(show)
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1"]
    command += ["--num_processes", str(processes), "--main_process_port", "0", "--mixed_precision", "no"]
    command += ["--dynamo_backend", "no", str(script), *arguments]
    with tempfile.TemporaryDirectory(prefix="kotune-stop-") as scratch:
        stop = Path(scratch, "stop")
        # OMP_NUM_THREADS is said, or the launcher warns that it chose it
        environment = {"OMP_NUM_THREADS": "1", **os.environ, STOP_FILE: str(stop)}
        environment["TORCHELASTIC_SIGNALS_TO_HANDLE"] = "SIGINT,SIGHUP,SIGQUIT"
        child = subprocess.Popen(command, env=environment, preexec_fn=_end_with_parent)
        code = _ended(child, stop)
        stopped = stop.exists()
    stream = relay.connect()
    if stream:
        print(END, file=stream, flush=True)
        ended.wait(10)
    if code and stopped:
        sys.exit(STOPPED)
    if code:
        if not said[0].startswith("error: "):
            console.say("error: one of several training processes failed (the log has the whole story)")
        sys.exit(2)


def _ended(child: subprocess.Popen, stop: Path) -> int:
    """Return a launcher's exit status. SIGTERM makes the file ``stop`` and waits; a second one, or Ctrl-C, ends it."""

    def tell(number: int, frame: Any) -> None:
        if stop.exists():
            signal.default_int_handler(number, frame)
        stop.touch()

    before = signal.signal(signal.SIGTERM, tell)
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.send_signal(signal.SIGINT)  # the launcher stops its processes
        try:
            child.wait(60)
        except subprocess.TimeoutExpired:
            child.kill()  # its processes end with it
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def own_folder(folder: Path) -> Path:
    """Return where this process writes: the folder that is asked for, or for all but the first a temporary one."""
    if rank() == 0:
        return folder
    scratch = tempfile.mkdtemp(prefix="kotune-process-")
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    return Path(scratch)


def first_alone(work: Callable[[], Found], cpu: bool) -> Found:
    """Do work in the first process, then in the others: they see what the first has left."""
    if count() == 1:
        return work()
    from accelerate import PartialState

    with PartialState(cpu=cpu).main_process_first():
        return work()


def smallest(value: float) -> float:
    """Return the smallest of the processes' values: cards may differ, and what is decided from them must not."""
    if count() == 1:
        return value
    from accelerate.utils import gather_object

    return min(gather_object([value]))


def any_of(value: bool) -> bool:
    """Return whether the value is true in any of the processes; each of them must ask."""
    if count() == 1:
        return value
    from accelerate.utils import gather_object

    return any(gather_object([value]))


def mean(value: float) -> float:
    """Return the mean of the processes' values; each of them must ask."""
    if count() == 1:
        return value
    from accelerate.utils import gather_object

    values = gather_object([value])
    return sum(values) / len(values)


def of_all(values: list[str]) -> list[str]:
    """Return the values of all processes, the first one's first; each of them must ask."""
    if count() == 1:
        return values
    from accelerate.utils import gather_object

    return gather_object(values)


def shared_out(trainer: Json) -> Json:
    """Return a recipe's trainer arguments for one of the processes, so that a step has the same rows in all.

    Steps of gradient accumulation are shared first, because that keeps each batch whole; then rows of a batch.
    """
    processes = count()
    if processes == 1:
        return trainer
    steps = trainer.get("gradient_accumulation_steps", 1)
    rows = trainer.get("per_device_train_batch_size", 8)
    if steps % processes == 0:
        steps //= processes
    elif rows % processes == 0:
        rows //= processes
    else:
        raise UserError(
            f"recipe.cards: a step of {rows} rows in {steps} batches cannot be shared by {processes} cards; make "
            "trainer.gradient_accumulation_steps or trainer.per_device_train_batch_size a multiple of them"
        )
    return {
        **trainer,
        "gradient_accumulation_steps": steps,
        "per_device_train_batch_size": rows,
        "ddp_find_unused_parameters": False,  # each layer of an adapter is used in each pass
    }
