"""A table: what the audit says of a file."""

import polars as pl

from kotune.rows.table import Table


def test_the_audit_names_a_file_with_its_hash_encoding_and_rows():
    table = Table("a.csv", pl.DataFrame({"id": ["1", "2"]}), "cp949", "0a")
    assert table.described == {"path": "a.csv", "sha256": "0a", "encoding": "cp949", "rows": 2}
    assert (table.names, table.strange, table.lists, table.impossible, table.notes) == ({}, {}, {}, None, ())
