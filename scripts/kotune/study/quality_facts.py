"""What rules find in a row, and the ways in which rows are chosen: their names, each in words.

Reads and writes nothing. It stands apart from what a study says of them (`study.quality`), so that no job which rates
or chooses rows has the code of a whole study in its hash.
"""

from __future__ import annotations

NEAR_DUPLICATE = "near_duplicate"
# What rules find in a row: name → in words. All but the last are about programs.
FEATURES = {
    "no_python": "no Python: it cannot be parsed",
    "external_module": "imports a module from outside Python and its library",
    "boilerplate": "boilerplate or configuration: nothing works on a value",
    "undocumented": "undocumented: no docstring of what is asked for",
    "over_complex": "over-complex",
    NEAR_DUPLICATE: "nearly an earlier row",
}
METHODS = {  # how rows are chosen: name → in words
    "random": "drawn by lot",
    "quality": "the highest ratings",
    "diversity": "from each cluster of embeddings in turn, the one next to its centre first",
    "deita": "the highest product of complexity and rating that is not too like a row kept",
}
