"""Hash the code that a result depends on, so that real edits rerun a rule and cosmetic ones do not.

Comments, docstrings and layout do not count. Neither do the modules that can only change what a user is told, what is
mirrored elsewhere, or which of several equal GPUs does the work.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

COSMETIC = {"kotune.cards", "kotune.console", "kotune.errors", "kotune.tracking"}


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:] or [ast.Pass()]
    return tree


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield every kotune module that the code imports when it runs, also inside functions; types alone do not count."""
    types = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    skipped = {inner for block in types for statement in block.body for inner in ast.walk(statement)}
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "kotune":
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "kotune")


@lru_cache
def _substance(path: Path, modified: int) -> tuple[tuple[str, ...], str]:
    """Return the kotune modules that a file imports, and its code without docstrings; read anew when it is modified."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(_imported(tree)), ast.unparse(_without_docstrings(tree))


def _of(path: Path) -> tuple[tuple[str, ...], str]:
    return _substance(path, path.stat().st_mtime_ns)


def modules_of(script: Path) -> dict[str, Path]:
    """Return the script and each kotune module that it uses, directly or through others, by name."""
    scripts = script.parent
    found: dict[str, Path] = {}
    waiting = [(script.name, script)]
    while waiting:
        name, path = waiting.pop()
        if name in found or name in COSMETIC:
            continue
        found[name] = path
        for module in _of(path)[0]:
            file = scripts.joinpath(*module.split(".")).with_suffix(".py")
            if file.is_file():
                waiting.append((module, file))
    return found


def code_hash(script: Path) -> str:
    """Return 12 hex digits that change exactly when the script, or a module that it uses, changes in substance."""
    digest = hashlib.sha256()
    for name, path in sorted(modules_of(script).items()):
        digest.update(f"{name}\n{_of(path)[1]}\n".encode())
    return digest.hexdigest()[:12]
