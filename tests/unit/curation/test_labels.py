"""Labels come from a column of the rows, or from a file with ids and values; what is wrong with either is told."""

import pytest

from kotune.core.errors import UserError
from kotune.curation.labels import labels_of

ROWS = [{"id": "a", "value": "5"}, {"id": "b", "value": None}, {"id": "c", "value": "1.5"}]
SAID = {"id": "id", "value": "value"}


def file_of(folder, text, name="labels.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return {**SAID, "path": str(path)}


def test_a_column_labels_the_rows_that_have_it():
    assert labels_of(ROWS, {"column": "value"}) == {"a": 5.0, "c": 1.5}


def test_a_file_labels_rows_by_their_ids(tmp_path):
    assert labels_of(ROWS, file_of(tmp_path, "id,value\na,4\nc,0\nb,\n")) == {"a": 4.0, "c": 0.0}
    lines = '{"row": "a", "score": 2}\n{"row": "b", "score": 3}\n'
    said = file_of(tmp_path, lines, "labels.jsonl") | {"id": "row", "value": "score"}
    assert labels_of(ROWS, said) == {"a": 2.0, "b": 3.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,vale\na,4\n", "labels.csv: there is no column 'value'; did you mean 'vale'"),
        ("id,value\na,4\na,3\n", "labels.csv: the id 'a' has two labels; leave one of them"),
        ("id,value\na,4\nb,7\n", "labels.csv: the label of 'b' is '7'; it must be a number from 0 to 5"),
        ("id,value\nx,4\ny,3\n", "labels.csv: none of its 2 labels is of a row, the first is of 'x'"),
    ],
)
def test_a_file_that_cannot_label_rows_is_refused(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        labels_of(ROWS, file_of(tmp_path, text))
