"""Keep tests off the network, each of them on one thread, and the tests of one file on one worker."""

import os

import pytest

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", WANDB_MODE="offline", TOKENIZERS_PARALLELISM="false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

LONGEST_FIRST = ("end_to_end", "workflow", "unit")  # so that no worker is left alone with a long file at the end


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """Give each test to the worker that runs its file (`--dist loadgroup`), unless it names a group of its own."""

    def rank(item):
        folders = item.path.parts
        return next((place for place, name in enumerate(LONGEST_FIRST) if name in folders), len(LONGEST_FIRST))

    items.sort(key=rank)
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.as_posix()))
