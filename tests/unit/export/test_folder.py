"""An exported folder is whole or not there; its tokenizer's file is the base's, its tokens and template the family's."""

import errno
import json
import os
from pathlib import Path

import pytest
from taken_home import family, model

from kotune.core.errors import UserError
from kotune.export import folder
from kotune.export.templates import jinja_template


def test_a_full_disk_leaves_nothing_and_says_one_line(tmp_path):
    line = "merged: cannot write, the disk is full: free some space and run again"
    with pytest.raises(UserError, match=line), folder.whole_folder(tmp_path / "out/merged") as to:
        (to / "model.safetensors").write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list((tmp_path / "out").iterdir()) == []


def test_what_was_there_stays_until_the_new_is_whole(tmp_path):
    (tmp_path / "merged").mkdir()
    (tmp_path / "merged/old").touch()
    with pytest.raises(RuntimeError), folder.whole_folder(tmp_path / "merged"):
        raise RuntimeError
    assert (tmp_path / "merged/old").exists()
    with folder.whole_folder(tmp_path / "merged") as to:
        (to / "new").touch()
    assert [path.name for path in (tmp_path / "merged").iterdir()] == ["new"]


def test_room_is_looked_for_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match="the export takes .* are free; the disk is full"):
        folder.check_room(tmp_path, 2**60)


def test_the_tokenizer_travels_as_it_is_and_names_the_family_s_tokens(tmp_path):
    folder.write_tokenizer(model(), family(), tmp_path)
    base = Path(model()["path"])
    assert (tmp_path / "tokenizer.json").read_bytes() == (base / "tokenizer.json").read_bytes()
    said = json.loads((tmp_path / folder.SETTINGS).read_text(encoding="utf-8"))
    assert (said["eos_token"], said["pad_token"]) == ("<|im_end|>", "<|endoftext|>")
    assert (tmp_path / folder.TEMPLATE).read_text(encoding="utf-8") == jinja_template(family())
