"""Provenance: each thing that a result was made from has a line, and a line is drawn between kinds."""

from __future__ import annotations

import fake_results

from kotune.core.storage import sha256_of_text


def lines(made):
    return [tuple(cell.get("text", "") for cell in row) for row in made.table("provenance")["rows"]]


def test_commits_packages_files_prompts_and_settings_are_listed(plain):
    found = lines(plain)
    assert ("commit", "adapter", "0123456789abcdef0123456789abcdef01234567") in found
    assert ("machine", "answers", "CPU alone: x86_64, 2 cores, 15.6 GiB") in found
    assert ("package", "torch", "2.13.0") in found
    assert ("data", "resources/mini/econ-news/test.csv.xz", sha256_of_text("test")) in found
    assert ("prompt", "tiny-eeve econ-qa.clean family", sha256_of_text("family_sha256chatml")) in found
    assert ("qlora", "lora.r", "6") in found
    assert ("qlora", "trainer.max_length", "null") in found
    assert ("ensemble", "members", ", ".join(fake_results.MEMBERS)) in found


def test_a_line_is_drawn_where_another_kind_begins(plain):
    kinds = [of for of, _, _ in lines(plain)]
    changes = [place for place in range(1, len(kinds)) if kinds[place] != kinds[place - 1]]
    assert plain.table("provenance")["rules"] == changes


def test_the_same_file_has_the_same_name_in_every_checkout(plain):
    assert not [what for _, what, _ in lines(plain) if str(plain.root) in what]
