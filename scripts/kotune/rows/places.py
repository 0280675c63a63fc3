"""Places: the text, or the texts, that a column holds within lists and objects.

Takes frames; returns expressions. A place is a column's name, or a path such as ``answers.text`` into a nested one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotune.core.errors import UserError, nearest

if TYPE_CHECKING:
    import polars

TEXT = "text"  # the field of an answer that holds its words, in the layout of SQuAD and all that follow it


def _within(
    expression: polars.Expr, dtype: polars.DataType, fields: list[str], place: str, where: str
) -> tuple[polars.Expr, polars.DataType]:
    """Return what lies at ``fields``; a list on the way makes it a list."""
    import polars as pl

    if isinstance(dtype, pl.Array):
        expression, dtype = expression.arr.to_list(), pl.List(dtype.inner)
    if isinstance(dtype, pl.List):
        inner, held = _within(pl.element(), dtype.inner, fields, place, where)
        if isinstance(held, pl.List):  # lists within a list are one list
            return expression.list.eval(inner.explode()), held
        return expression.list.eval(inner), pl.List(held)
    if not fields:
        return expression, dtype
    known = {entry.name: entry.dtype for entry in dtype.fields} if isinstance(dtype, pl.Struct) else {}
    if fields[0] not in known:
        raise UserError(
            f"{where}: '{place.split('.')[0]}' holds no '{fields[0]}' ('{place}'){nearest(fields[0], known)}"
        )
    return _within(expression.struct.field(fields[0]), known[fields[0]], fields[1:], place, where)


def _core(dtype: polars.DataType) -> polars.DataType:
    """Return what a type holds within its lists."""
    while getattr(dtype, "inner", None) is not None:
        dtype = dtype.inner
    return dtype


def found_at(frame: polars.DataFrame, place: str, where: str) -> tuple[polars.Expr, bool]:
    """Return the text or list of texts at a place, and whether it is a list.

    An object that has a field `text` stands for it, as an answer does. Raises UserError, beginning with ``where``, for
    a place that is not there and for one that holds no text.
    """
    import polars as pl

    name, *fields = place.split(".") if place not in frame.columns else [place]
    if name not in frame.columns:
        raise UserError(f"{where}: no column '{name}'{nearest(name, frame.columns)}")
    expression, dtype = _within(pl.col(name), frame.schema[name], fields, place, where)
    core = _core(dtype)
    if isinstance(core, pl.Struct) and TEXT in [entry.name for entry in core.fields]:
        expression, dtype = _within(expression, dtype, [TEXT], place, where)
        core = _core(dtype)
    if isinstance(core, pl.Struct):
        held = ", ".join(f"{place}.{entry.name}" for entry in core.fields)
        raise UserError(f"{where}: '{place}' holds objects, not text; name the field of it that does: {held}")
    if core == pl.Binary:
        raise UserError(f"{where}: '{place}' holds bytes, not text")
    several = isinstance(dtype, pl.List)
    return expression.cast(pl.List(pl.String) if several else pl.String), several


def text_at(frame: polars.DataFrame, place: str, where: str) -> polars.Expr:
    """Return the text at a place; UserError where a row may hold several."""
    expression, several = found_at(frame, place, where)
    if several:
        raise UserError(f"{where}: '{place}' holds lists; it must hold one text a row")
    return expression


def golds_at(frame: polars.DataFrame, place: str, where: str) -> polars.Expr:
    """Return the list of texts at a place, without those that are blank or said before; null where none is left."""
    import polars as pl

    expression, several = found_at(frame, place, where)
    if not several:
        expression = pl.concat_list(expression)
    said = pl.element().filter(pl.element().fill_null("").str.strip_chars() != "").unique(maintain_order=True)
    kept = expression.list.eval(said)
    return pl.when(kept.list.len() > 0).then(kept)
