"""Kept numbers of lm-evaluation-harness: a table over floors, one of what tuning changed, one of both protocols."""

import harness_lines
import kept_results
import pytest

from kotune.core.storage import read_json
from kotune.report import kept, kept_harness, kept_page, kept_tables
from kotune.report.harness_numbers import entries_of


def with_harness(whole, folder, **given):
    """Return kept results of which some are of the harness, as `keep` tells of them."""
    settings, statistics = harness_lines.tabulated(folder, **given)
    rows = [(row["protocol"], row["shots"]) for row in statistics["rows"]]
    settings |= {"num_fewshot": list(dict.fromkeys(shots for _, shots in rows)), "template": "none"}
    settings |= {"protocols": list(dict.fromkeys(protocol for protocol, _ in rows)), "study": whole.about["study"]}
    about = {**whole.about, "harness": [kept_results.keeping._harness(settings)]}
    numbers = kept.Numbers({**whole.numbers.entries, **entries_of(settings, statistics)}, whole.numbers.where)
    return kept.Kept(whole.name, about, numbers, whole.costs, whole.scores, whole.curves)


@pytest.fixture(scope="module")
def found(kept_plain, tmp_path_factory):
    return with_harness(kept.read(kept_plain), tmp_path_factory.mktemp("toy"), items=40)


def test_the_table_says_where_an_arm_is_above_its_floors(found):
    (one,) = kept_harness.asked(found)
    table = kept_harness.floors_table(found, one)
    lines = table.splitlines()
    assert "| published, 5 shots, no template | base |" in table and "untrained twin" in table
    assert len([line for line in lines if line.startswith("| clean, 0 shots")]) == 5
    assert any("**" in line for line in lines if "| tuned |" in line)
    assert "Above every floor (bold; corrected paired tests): published, 5 shots, no template: base on " in table


def test_macro_f1_stands_for_arms_and_floors_and_accuracy_by_length_where_a_task_has_it(found):
    (one,) = kept_harness.asked(found)
    head, _, *lines = kept_harness.f1_table(found, one).splitlines()
    assert head.count("accuracy by length") == 1 and "| hellaswag, accuracy by length |" in head
    base = next(line for line in lines if "| base |" in line)
    assert base.count("[") == len(head.split("|")) - 5  # the group's F1 has no interval
    assert any("| majority class |" in line for line in lines)


def test_what_of_a_test_stands_in_its_train_is_shown(found):
    (one,) = kept_harness.asked(found)
    lines = kept_harness.leaks_table(found, one).splitlines()[2:]
    assert lines == ["| sentineg | originals, negated | 39 | 40 | 97.5 |"]


def test_what_tuning_changed_and_what_the_protocols_change_are_tables_of_their_own(found):
    blocks = kept_tables.blocks(found)
    name = f"kept-{found.name}-harness-kobest"
    assert {f"{name}-floors", f"{name}-tuning", f"{name}-protocols"} <= set(blocks)
    assert "| published, 5 shots, no template | boolq | tuned | " in blocks[f"{name}-tuning"]
    assert "| 5 shots, no template | kobest | base | " in blocks[f"{name}-protocols"]


def test_the_page_shows_them_before_the_costs(found):
    page = kept_page.page([found])
    title = "### KoBEST by lm-evaluation-harness: what tuning broke and brought"
    assert page.index(title) < page.index("### Costs")


def test_under_one_protocol_nothing_stands_beside_it(kept_plain, tmp_path):
    alone = with_harness(kept.read(kept_plain), tmp_path, rows=[("clean", 0)], items=12)
    assert f"kept-{alone.name}-harness-kobest-protocols" not in kept_tables.blocks(alone)
    assert "published and clean" not in kept_page.page([alone])


def test_other_kept_results_say_nothing_of_it(kept_plain):
    plain = kept.read(kept_plain)
    assert kept_harness.blocks(plain) == {} and kept_harness.parts(plain) == []


def test_about_json_may_say_how_it_was_asked_and_nothing_else(kept_plain, tmp_path, found):
    import shutil

    folder = tmp_path / "kept"
    shutil.copytree(kept_plain, folder)
    kept_results.change(folder, kept.ABOUT, lambda about: about.update(harness=found.about["harness"]))
    assert kept.read(folder).about["harness"] == read_json(folder / kept.ABOUT)["harness"]
    kept_results.change(folder, kept.ABOUT, lambda about: about["harness"][0].update(metrics=[]))
    with pytest.raises(kept.UserError, match="unknown key 'metrics'"):
        kept.read(folder)
