"""Passages: texts of other articles that are trained on, which a prompt shows because they are near to the question.

Takes rows; reads and writes nothing. A variant's `retrieve` says by what they are found and how many there are; its
texts say by `{{ passages }}` where they stand. Never is a row shown its own article, or its own text under another
name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kotune.core.errors import UserError, nearest
from kotune.core.names import UNIT
from kotune.core.storage import Json
from kotune.prompts.retrieval import BIGRAMS, BY, EMBEDDINGS, Bm25, Embed, Embedded, Retriever, ranked

KEY, COLUMN = "retrieve", "passages"  # of a variant; what its texts call them, and the column of their rows' ids
TEXT, QUESTION = "context", "question"  # the columns of a passage and of what it is looked for by

Row = Mapping[str, str]


def embeds(content: Json) -> bool:
    """Return whether a variant's passages are found by embeddings."""
    return content.get(KEY, {}).get("by") == EMBEDDINGS


def text_of(row: Row) -> str:
    """Return the passage that a row brings."""
    return row[TEXT]


@dataclass(frozen=True)
class Passages:
    """The passages of a variant: ``rows``: of each distinct text of train the first row."""

    number: int
    rows: Sequence[Row]
    retriever: Retriever
    where: str

    @classmethod
    def of(cls, given: Json, pool: Sequence[Row], embed: Embed | None, where: str) -> Passages:
        """Return those of a variant's `retrieve` among ``pool``, the rows of train; UserError for what cannot be.

        ``embed``: the study's embedder, where texts are found by embeddings.
        """
        if given["by"] not in BY:
            raise UserError(f"{where}, retrieve.by: unknown '{given['by']}'{nearest(given['by'], BY)}")
        lacking = [column for column in (TEXT, QUESTION) if pool and column not in pool[0]]
        if lacking:
            raise UserError(f"{where}, retrieve: the rows have no column '{lacking[0]}'; leave retrieve out")
        rows = list({row[TEXT]: row for row in reversed(pool)}.values())[::-1]
        texts = [row[TEXT] for row in rows]
        if given["by"] == BIGRAMS:
            return cls(given["passages"], rows, Bm25(texts), where)
        if embed is None:
            raise UserError(f"{where}, retrieve.by: embeddings need an embedder, and there is none here; take bigrams")
        return cls(given["passages"], rows, Embedded(texts, embed), where)

    def drawn(self, row: Row) -> list[Row]:
        """Return the rows of the passages nearest to a row's question, of other articles than its own."""
        found = []
        for place in ranked(self.retriever.scores(row[QUESTION]), len(self.rows)):
            if len(found) == self.number:
                break
            if self.rows[place][UNIT] != row[UNIT] and self.rows[place][TEXT] != row[TEXT]:
                found.append(self.rows[place])
        if len(found) < self.number:
            raise UserError(
                f"{self.where}, row '{row['id']}': train holds {len(found)} texts of other articles, and its prompt "
                f"shows {self.number}; lower retrieve.passages, or bring more rows"
            )
        return found
