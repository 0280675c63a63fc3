"""Result files have the harness's layout: what reads its own files reads these."""

import harness_lines
import pytest

from kotune.core.storage import read_json


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    harness_lines.tabulated(folder, rows=[("clean", 5), ("clean", 0)], items=12)
    return folder / "harness/kobest/m/tuned/seed1"


def test_there_is_one_file_a_row_beside_the_sums(found):
    names = {path.name for path in found.glob("*.json")}
    assert names == {"results-clean-5shot-none.json", "results-clean-0shot-none.json"}


def test_metrics_stand_under_the_harnesss_keys(found):
    results = read_json(found / "results-clean-5shot-none.json")
    assert results["results"]["kobest_hellaswag"].keys() == {
        "alias", "sample_len", "acc,none", "acc_stderr,none", "acc_norm,none", "acc_norm_stderr,none", "f1,none",
        "f1_stderr,none",
    }  # fmt: skip
    assert results["results"]["kobest_wic"]["f1_stderr,none"] == "N/A" and results["n-shot"]["kobest_wic"] == 5
    assert results["n-samples"]["kobest_wic"] == {"original": 12, "effective": 12}
    assert results["versions"]["kobest_wic"] == 1.0 and results["configs"]["kobest_wic"]["num_fewshot"] == 5


def test_the_group_has_no_acc_norm(found):
    group = read_json(found / "results-clean-0shot-none.json")["groups"]["kobest"]
    assert group.keys() == {"alias", "acc,none", "acc_stderr,none", "f1,none", "f1_stderr,none"}


def test_the_harness_prints_its_own_table_of_them(found):
    utils = pytest.importorskip("lm_eval.utils")
    printed = utils.make_table(read_json(found / "results-clean-5shot-none.json"))
    assert "kobest_boolq" in printed and "acc_norm" in printed
