"""Tests for a CUDA device: `make test-gpu` runs them; without a device each is skipped with that reason."""

import pytest


def pytest_collection_modifyitems(items):
    import torch

    for item in items:
        if "/gpu/" in item.path.as_posix():
            item.add_marker(pytest.mark.gpu)
            if not torch.cuda.is_available():
                item.add_marker(pytest.mark.skip(reason="no CUDA device"))
