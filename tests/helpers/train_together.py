"""Train adapters one after the other in the same two processes: ``train_together.py ORDERS.json``.

A pair of processes takes seconds to start and little to train a tiny model. ORDERS.json is a list of objects with model,
recipe, prompts, valid and folder.
"""

import sys
from pathlib import Path

from kotune.core import console
from kotune.core.storage import read_json

CPU = {"device": "cpu", "threads": 1}


def main(argv: list[str] | None = None) -> None:
    """Train what the file asks for."""
    from kotune.models import loading
    from kotune.training import processes, train

    orders = Path(sys.argv[1])
    loading.prepare_process(CPU)
    if not processes.launched():
        processes.launch(Path(__file__), [str(orders)], 2)
        return
    console.to_parent(quiet=processes.rank() > 0)
    for one in read_json(orders):
        folder = Path(one["folder"])
        train.train(
            train.Order(
                model=one["model"],
                recipe=one["recipe"],
                prompts=Path(one["prompts"]),
                valid=Path(one["valid"]),
                seed=42,
                compute=CPU,
                tracking={"mode": "disabled"},
                folder=processes.own_folder(folder),
                shared=folder,
                label=folder.name,
            )
        )


if __name__ == "__main__":
    console.run(main)
