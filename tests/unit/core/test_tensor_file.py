"""A safetensors file is known by its header: whole, cut off, or only a pointer to where it lies."""

import numpy
import pytest
from safetensors.numpy import save_file

from kotune.core.errors import UserError
from kotune.core.tensor_file import check_whole, count_values


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "adapter_model.safetensors"
    tensors = {
        "a": numpy.zeros((10, 3), "float32"),
        "b": numpy.zeros((), "float32"),
        "none": numpy.zeros((0, 4), "float32"),
    }
    save_file(tensors, path, metadata={"format": "pt"})
    return path


def test_values_are_counted_over_all_tensors(file):
    check_whole(file, "")
    assert count_values(file, "") == 31


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda whole: whole[:-5], r"\(\d+ bytes are not what its header promises\); copy it again"),
        (lambda whole: whole + b"more", "are not what its header promises"),
        (lambda whole: whole[:20], "its header is cut off or it is a git-lfs pointer"),
        (lambda _: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", "it is a git-lfs pointer"),
        (lambda _: b"", "its header is cut off"),
    ],
)
def test_a_file_that_is_not_whole_is_one_clear_error(file, change, message):
    file.write_bytes(change(file.read_bytes()))
    for read in (check_whole, count_values):
        with pytest.raises(UserError, match=f"adapter_model.safetensors: not a whole safetensors file .*{message}"):
            read(file, "copy it again")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="nowhere.safetensors: cannot read"):
        check_whole(tmp_path / "nowhere.safetensors", "")
