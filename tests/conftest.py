"""Keep tests off the network, each of them on one thread, and run the longest files first."""

import os

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", WANDB_MODE="offline", TOKENIZERS_PARALLELISM="false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

FOLDERS = ("end_to_end", "workflow", "unit")


def pytest_collection_modifyitems(items):
    """Run whole runs first, then files with slow tests, so that no worker is left alone with a long file at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}

    def rank(item):
        folder = next((place for place, name in enumerate(FOLDERS) if name in item.path.parts), len(FOLDERS))
        return folder > 0, item.path not in slow, folder

    items.sort(key=rank)
