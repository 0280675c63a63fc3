"""What is kept of the retrieval fits its schema, and stands in the docs with its interval."""

import pytest

from kotune.core.catalogue import check
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.report.retrieval import kept_at, lines, table


def test_the_kept_measurement_stands_in_the_docs():
    kept, page = kept_at(ROOT), (ROOT / "docs/retrieval.md").read_text(encoding="utf-8")
    assert table(kept) in page and lines(kept) in page
    assert "| BM25, character bigrams without spaces | 89.6 [" in page and "964 paragraphs" in page


def test_a_number_that_is_no_share_is_refused():
    kept = kept_at(ROOT)
    kept["found"][0]["recall_1"]["mean"] = 89.6
    with pytest.raises(UserError, match="found.0.recall_1.mean': 89.6 is greater than the maximum of 1"):
        check(kept, "retrieval", "config/retrieval")
