"""A panel's tables: what each way scores, what it costs, and paired differences."""

from panels_made import tabulated

from kotune.core.storage import read_json
from kotune.report import panel_tables


def test_each_way_stands_with_its_answers_an_item(tmp_path):
    folder = tmp_path / "toy"
    settings = tabulated(folder)
    first, compared = panel_tables.tables(settings, read_json(folder / "panel/statistics.json"))
    names = [column.name for column in first.columns]
    rows = {(row[names.index("asked")].text, row[names.index("taken")].text): row for row in first.rows}
    own = rows["several prompts", "own choice"]
    assert own[names.index("exact_match")].text == "0.750" and own[names.index("answers")].text == "4"
    models = rows["several models", "F1 sum"]
    assert models[names.index("exact_match")].text == "1.000" and models[names.index("models")].text == "3"
    assert {row[2].text for row in compared.rows} == {"against one answer", "at equal cost", "choice against votes"}
    assert (folder / "tables/panel.csv").is_file() and (folder / "tables/panel-compared.json").is_file()
