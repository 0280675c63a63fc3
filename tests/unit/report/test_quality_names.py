"""A study that rates its rows has the tables that have something to say; another has none."""

from kotune.report import quality_names


def test_tables_follow_what_is_asked():
    few = quality_names.told({"rowset": "raw"}, False)
    assert few == ["quality-filter", "quality-rules"]
    assert quality_names.told({"truth": "noise", "ifd": {}}, True) == list(quality_names.TABLES)
    assert quality_names.table_names({"quality": few}) == few
    assert quality_names.figure_names({"quality": few}) == ["quality"]
    assert quality_names.table_names({}) == quality_names.figure_names({}) == []
