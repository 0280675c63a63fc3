"""Units: an article's rows stay together by its name, and a text never stands in two of them."""

import polars as pl

from kotune.rows.task import task_named, unit_of
from kotune.rows.units import NAME, with_units

TASK = task_named("context-qa")


def frame(*rows, names=True):
    columns = ["context", NAME] if names else ["context"]
    return pl.DataFrame(list(rows), schema=columns, orient="row")


def units(frames):
    found, several = with_units(frames, TASK)
    return [one["article"].to_list() for one in found.values()], several


def test_rows_of_one_name_are_one_unit_however_the_name_is_written():
    (found,), several = units(
        {None: frame(("가", "세종 대왕"), ("나", " 세종\n대왕"), ("다", "세종 대왕"), ("라", "정조"))}
    )
    assert found == [unit_of("세종 대왕")] * 3 + [unit_of("정조")] and several == 0


def test_without_a_name_the_text_makes_the_unit():
    (found,), _ = units({None: frame(("가", None), ("가", " "), ("나", "정조"))})
    assert found == [unit_of("가"), unit_of("가"), unit_of("정조")]
    (found,), _ = units({"train": frame(("가",), (None,), names=False)})
    assert found == [unit_of("가"), None]


def test_articles_that_share_a_text_are_one_whatever_the_file():
    train = frame(("가", "갑"), ("나", "을"), ("다", "병"))
    test = frame(("나 ", "갑"), ("라", "을"), ("마", "정"), ("가", None))
    (trained, asked), several = units({"train": train, "test": test})
    assert len({*trained[:2], *asked[:2], asked[3]}) == 1, "the text 나 stands under 갑 and under 을"
    assert len({trained[0], trained[2], asked[2]}) == 3 and several == 1


def test_a_chain_of_shared_texts_is_one_unit():
    rows = [("1", "갑"), ("1", "을"), ("2", "을"), ("2", "병"), ("3", "정"), ("3", "병"), ("4", "무")]
    (found,), several = units({None: frame(*rows)})
    assert len(set(found[:6])) == 1 and found[6] not in found[:6] and several == 3


def test_a_submission_joins_no_articles():
    train = frame(("가", "갑"), ("나", "을"))
    (trained, _), several = units({"train": train, "submission": frame(("가", "갑"), ("가", "을"))})
    assert len(set(trained)) == 2 and several == 0
