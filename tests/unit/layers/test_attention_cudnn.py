"""What a machine without cuDNN's library sees, and how a pass is rounded up for it without changing a row."""

import sys

import pytest
import torch

from kotune.layers import attention, attention_cudnn


@pytest.fixture
def library(monkeypatch):
    """Put a library of some version, or one that does not load, in cuDNN's place."""

    def put(module):
        attention_cudnn.available.cache_clear()
        monkeypatch.setattr(attention_cudnn.importlib.util, "find_spec", lambda name: object() if module else None)
        if module:
            monkeypatch.setitem(sys.modules, "cudnn", module)

    yield put
    attention_cudnn.available.cache_clear()


class Cudnn:
    def __init__(self, version):
        self.version = version

    def backend_version(self):
        if self.version is None:
            raise RuntimeError("libcudnn.so.9: cannot open shared object file")
        return self.version


@pytest.mark.parametrize(("version", "used"), [(90600, True), (90501, False), (None, False)])
def test_a_library_that_is_old_or_does_not_load_is_not_used(library, version, used):
    library(Cudnn(version))
    assert attention_cudnn.available() is used


def test_without_the_library_another_kernel_does_the_work(library, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: (9, 0))
    gpu = torch.device("cuda")
    library(None)
    assert attention.kernel_for(gpu, torch.bfloat16, 128, None) == "flash"
    library(Cudnn(90600))
    assert attention.kernel_for(gpu, torch.bfloat16, 128, None) == "cudnn"
    assert attention.kernel_for(gpu, torch.bfloat16, 256, None) == "flash", "the head is too wide for its way back"
    assert attention.kernel_for(gpu, torch.bfloat16, 128, 512) == "flash", "it knows no window"
    assert attention.kernel_for(torch.device("cpu"), torch.bfloat16, 128, None) == "rows"


def rows_of(lengths, total=None):
    starts = torch.tensor([0, *lengths]).cumsum(0).to(torch.int32)
    return attention_cudnn.rows_of(starts, max(lengths), total or sum(lengths), 4, 2, 16, torch.bfloat16)


def test_empty_rows_fill_a_pass_up_and_own_rows_keep_their_places():
    rows = rows_of((7, 12, 5))
    assert rows.lengths.tolist() == [7, 12, 5] + [0] * 29
    assert rows.joint[:4].tolist() == [0, 7 * 8 * 16, 19 * 8 * 16, 24 * 8 * 16]
    assert rows.out[:4].tolist() == [0, 7 * 64, 19 * 64, 24 * 64] and rows.statistics[1] == 7 * 4
    assert set(rows.joint[4:].tolist()) == {24 * 8 * 16}, "an empty row begins where the last one ends"
    assert rows.joint.dtype == torch.int64, "offsets of a long pass are beyond 32 bits"


def test_passes_of_about_the_same_size_share_a_plan():
    assert rows_of((7, 12, 5)).key == rows_of((900, 3)).key
    assert rows_of((7, 12, 5)).key != rows_of([1] * 33).key
    assert rows_of((1024,)).key != rows_of((1025,)).key
    assert rows_of([1] * 32).lengths.tolist() == [1] * 32, "nothing is appended where the number is round"
