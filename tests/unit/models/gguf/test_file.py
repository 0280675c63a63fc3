"""What is no whole GGUF file is named in one line, with what to do."""

from __future__ import annotations

import gguf
import numpy as np
import pytest

from kotune.core.errors import UserError
from kotune.core.storage import sha256_of
from kotune.models.gguf.file import check_sha256, read_gguf


def written(path, architecture="llama", more=lambda _: None):
    writer = gguf.GGUFWriter(path, architecture)
    more(writer)
    writer.add_tensor("token_embd.weight", np.ones((8, 64), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_what_a_file_says_of_itself(tmp_path):
    file = read_gguf(written(tmp_path / "a.gguf", more=lambda writer: writer.add_file_type(15)))
    assert (file.architecture, file.quantisation) == ("llama", "Q4_K_M")
    assert read_gguf(written(tmp_path / "b.gguf")).quantisation == "F32", "the type of most of its values"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_file_that_is_cut_off(tmp_path, kept):
    path = written(tmp_path / "cut.gguf")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(UserError, match=r"cut.gguf: the GGUF file is cut off or damaged .*; download it again"):
        read_gguf(path)


def test_a_file_that_is_none_or_not_there(tmp_path):
    (tmp_path / "page.gguf").write_text("<html>", encoding="utf-8")
    with pytest.raises(UserError, match=r"page.gguf: not a GGUF file .*name one, or download it again"):
        read_gguf(tmp_path / "page.gguf")
    with pytest.raises(UserError, match="gone.gguf"):
        read_gguf(tmp_path / "gone.gguf")


def test_a_part_of_a_model_is_no_model(tmp_path):
    path = written(tmp_path / "part.gguf", more=lambda writer: writer.add_uint16("split.count", 3))
    with pytest.raises(UserError, match="one of 3 parts of a model; join them"):
        read_gguf(path)


def test_another_file_than_the_entry_names(tmp_path):
    path = written(tmp_path / "a.gguf")
    check_sha256(path, sha256_of(path), "config/models.yaml, model 'a'")
    with pytest.raises(UserError, match="its sha256 is [0-9a-f]{64}, but config/models.yaml, model 'a' says 0000"):
        check_sha256(path, "0" * 64, "config/models.yaml, model 'a'")
