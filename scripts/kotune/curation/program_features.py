"""What rules find in a row of the task code: is it Python, what does it import, does it do anything, is it documented.

Takes rows; reads and writes nothing, and runs nothing: programs are parsed (`ast`). Complexity is McCabe's, by the
package `mccabe`.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Mapping

from kotune.sandbox.programs import FENCE, INDENT, head_of, joined, program_of, reference_of

DEFINED = re.compile(r"^(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
OPERATIONS = (
    ast.BinOp, ast.BoolOp, ast.Compare, ast.UnaryOp, ast.Subscript, ast.Call, ast.JoinedStr,
    ast.For, ast.AsyncFor, ast.While, ast.If, ast.IfExp, ast.comprehension, ast.Match,
)  # fmt: skip
SELF = ("self", "cls")


def entry_of(row: Mapping[str, str | None]) -> str | None:
    """Return the function that a row is about: the one it names, else the first that it begins or holds."""
    if row.get("entry_point"):
        return row["entry_point"]
    texts = (row.get("input"), row.get("instruction"), row.get("output"))
    return next((found[1] for text in texts if text and (found := DEFINED.search(text))), None)


def program_of_row(row: Mapping[str, str | None]) -> str:
    """Return the program that a row teaches: the head that it asks with, and what is written for it."""
    entry, output = entry_of(row), row.get("output") or ""
    if entry is None:
        return program_of("", output, "") if FENCE in output else output
    head = head_of(dict(row), entry)
    return program_of(head, output, entry) if FENCE in output else reference_of(head, output, entry)


def parsed(program: str) -> ast.Module | None:
    """Return a program as a tree; None for what is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def external_modules(tree: ast.Module) -> list[str]:
    """Return the modules from outside Python and its library that a program imports, wherever it does."""
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= dict.fromkeys(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found |= {"." if node.level else (node.module or "").split(".")[0]: None}
    return [name for name in found if name not in sys.stdlib_module_names]


def documented(tree: ast.Module, entry: str | None) -> bool:
    """Return whether the function that is asked for has a docstring; of a program without it, whether anything has."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    nodes = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    asked = [node for node in nodes if node.name == entry]
    return any((ast.get_docstring(node) or "").strip() for node in asked or [tree, *nodes])


class _Values(ast.NodeVisitor):
    """Finds the names of values that a program is given or makes, and whether anything works on one of them."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.operations: list[ast.AST] = []

    def visit_arg(self, node: ast.arg) -> None:
        if node.arg not in SELF:
            self.names.add(node.arg)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        for part in (node.target, node.value):
            if part is not None:
                self.visit(part)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for part in (node.args, *node.body):  # decorators and annotations work on no value
            self.visit(part)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.names.add(node.id)

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, OPERATIONS):
            self.operations.append(node)
        super().generic_visit(node)


def is_boilerplate(tree: ast.Module) -> bool:
    """Return whether nothing in a program works on a value: no operator, branch, loop or call.

    A value is an argument or what a name is given. Constants, settings, imports, plain classes and functions that hand
    back what they are given are all that is there.
    """
    found = _Values()
    found.visit(tree)
    return not any(
        isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id in found.names
        for node in found.operations
        for part in ast.walk(node)
    )


def complexity(tree: ast.Module) -> int:
    """Return the cyclomatic complexity of a program's most complex function (T. J. McCabe, 1976); 1 without any."""
    from mccabe import PathGraphingAstVisitor

    visitor = PathGraphingAstVisitor()
    visitor.preorder(tree, visitor)
    return max((graph.complexity() for graph in visitor.graphs.values()), default=1)


def features_of(row: Mapping[str, str | None], most_complex: int) -> tuple[dict[str, bool], int]:
    """Return what rules find in a row, by the features' names, and its complexity; 1 of what is no Python.

    A row that asks in words, without a function's head, is documented by them.
    """
    tree, entry = parsed(program_of_row(row)), entry_of(row)
    if tree is None:
        return {"no_python": True}, 1
    head = head_of(dict(row), entry) if entry else ""
    asks = parsed(joined(head, f"{INDENT}pass\n")) if head else None  # an answer may be the whole function again
    how_complex = complexity(tree)
    return {
        "no_python": False,
        "external_module": bool(external_modules(tree)),
        "boilerplate": is_boilerplate(tree),
        "undocumented": bool(head) and not any(one and documented(one, entry) for one in (asks, tree)),
        "over_complex": how_complex > most_complex,
    }, how_complex
