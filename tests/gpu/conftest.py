"""Tests for a CUDA device: `make test-gpu` runs them; without a device each is skipped with that reason."""

import pytest


@pytest.fixture(autouse=True)
def whole_memory():
    """Give each test all of the card again: a recipe's passes.memory_gib limits its process from then on."""
    yield
    import torch

    if torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(1.0)


def pytest_collection_modifyitems(items):
    import torch

    for item in items:
        if "/gpu/" in item.path.as_posix():
            item.add_marker(pytest.mark.gpu)
            if not torch.cuda.is_available():
                item.add_marker(pytest.mark.skip(reason="no CUDA device"))
