"""The comparison with llama.cpp: what it reads, what it prints, and what it says where llama.cpp is missing."""

import importlib.util

import compare_gguf
import pytest

from kotune.core.errors import UserError

FOUND = {
    "file": {"name": "model.gguf", "sha256": "0" * 64, "quantisation": "Q4_K_M"},
    "text": {"name": "rows.json", "sha256": "0" * 64, "characters": 9},
    "window": 1024,
    "ids": {
        "NFC": {"transformers": 3, "llama.cpp": 3, "first_difference": None},
        "NFD": {"transformers": 9, "llama.cpp": 8, "first_difference": 4, "ids": [17, None]},
    },
    "positions": 2048,
    "argmax_equal": 0.93,
    "logprob_difference": {"mean": 0.125, "max": 2.5},
    "perplexity": {"transformers": 30.1, "llama.cpp": 30.4},
    "versions": {},
}


def test_the_table_says_what_is_equal_and_where_ids_differ():
    shown = compare_gguf.table(FOUND)
    assert "model.gguf (Q4_K_M) on rows.json" in shown
    assert [line.split()[-1] for line in shown.splitlines() if "ids, NFC" in line] == ["equal"]
    assert "the first difference is at 4: 17 and None" in shown
    for value in ("93.00%", "0.1250", "2.5000", "30.100", "30.400", "2,048"):
        assert value in shown


def test_contexts_of_rows_in_squads_layout_or_a_plain_text(tmp_path):
    assert compare_gguf.text_of(compare_gguf.TEXT).count("\n\n") > 100
    plain = tmp_path / "text.txt"
    plain.write_text("한국은행이 금리를 내렸다.\n", encoding="utf-8")
    assert compare_gguf.text_of(plain) == "한국은행이 금리를 내렸다.\n"


@pytest.mark.skipif(importlib.util.find_spec("llama_cpp") is not None, reason="llama_cpp_python is installed")
def test_without_llama_cpp_nothing_is_read(tmp_path):
    with pytest.raises(UserError, match=r"llama.cpp is not installed: pip install llama_cpp_python"):
        compare_gguf.main([str(tmp_path / "model.gguf"), str(tmp_path / "folder")])
