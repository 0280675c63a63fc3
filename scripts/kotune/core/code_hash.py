"""Hash the code that a result depends on, so that real edits rerun a rule and cosmetic ones do not.

Comments, docstrings and layout do not count. Neither do the modules that can only change what a user is told, what is
mirrored elsewhere, or which of several equal GPUs does the work.

Reads modules of kotune, and of each what was kept of it beside its bytecode, in __pycache__; writes that where it is
missing or of another text: what a module is in substance takes ten times as long to find as to read.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from kotune.core.errors import UserError

COSMETIC = {
    "kotune.core.console",
    "kotune.core.errors",
    "kotune.core.gpu_pool",
    "kotune.core.relay",
    "kotune.training.tracking",
}


def _statements(tree: ast.AST, types: bool) -> Iterator[ast.AST]:
    """Yield a tree and each statement in it; without ``types``, none of those that run for a type checker alone."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        only_types = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        if types or not only_types:
            waiting += getattr(node, "body", ())
        for part in ("orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, part, ())


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in _statements(tree, types=True):
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
    for node in _statements(tree, types=False):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "kotune":
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "kotune")


@lru_cache
def _substance(path: Path, modified: int) -> tuple[tuple[str, ...], str]:
    """Return the kotune modules that a file imports, and its code without docstrings; read again when modified."""
    source = path.read_bytes()
    # another Python may write the same tree otherwise
    of = f"{hashlib.sha256(source).hexdigest()} {sys.version_info[:2]}"
    kept = path.parent / "__pycache__" / f"{path.stem}.substance"
    with contextlib.suppress(OSError, ValueError):  # not there, or not whole
        key, imports, code = kept.read_text(encoding="utf-8").split("\n", 2)
        if key == of:
            return tuple(imports.split()), code
    tree = ast.parse(source)
    imports, code = tuple(_imported(tree)), ast.unparse(_without_docstrings(tree))
    if not sys.dont_write_bytecode:
        with contextlib.suppress(OSError):  # a folder that only others may write
            _keep(kept, f"{of}\n{' '.join(imports)}\n{code}")
    return imports, code


def _keep(path: Path, text: str) -> None:
    """Write a file that other processes may be writing, too: each under a name of its own, and whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    number, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(beside, path)
    except OSError:
        os.unlink(beside)
        raise


def _of(path: Path) -> tuple[tuple[str, ...], str]:
    return _substance(path, path.stat().st_mtime_ns)


def _file_of(name: str, scripts: Path) -> Path | None:
    file = scripts.joinpath(*name.split(".")).with_suffix(".py")
    return file if file.is_file() else None


def _named(name: str, scripts: Path) -> tuple[str, Path]:
    """Return the module that a dotted name names: the module itself, or the one that something lies in."""
    for module in (name, name.rpartition(".")[0]):
        file = _file_of(module, scripts) if module else None
        if file:
            return module, file
    raise UserError(f"'{name}': there is no such module in {scripts}")


def modules_of(script: Path, also: Iterable[str] = ()) -> dict[str, Path]:
    """Return the script and each kotune module that it uses, directly or through others, by name.

    ``also``: dotted names of modules, or of something in them, that settings name; they are followed like imports.
    """
    scripts = script.parent
    found: dict[str, Path] = {}
    waiting = [(script.name, script), *(_named(name, scripts) for name in also)]
    while waiting:
        name, path = waiting.pop()
        if name in found or name in COSMETIC:
            continue
        found[name] = path
        files = ((module, _file_of(module, scripts)) for module in _of(path)[0])
        waiting += [(module, file) for module, file in files if file]
    return found


def code_hash(script: Path, also: Iterable[str] = ()) -> str:
    """Return 12 hex digits that change exactly when the script, or a module that it uses, changes in substance.

    ``also``: what the script loads by dotted names that its settings hold; a job hashes those that it names, no others.
    """
    digest = hashlib.sha256()
    for name, path in sorted(modules_of(script, also).items()):
        digest.update(f"{name}\n{_of(path)[1]}\n".encode())
    return digest.hexdigest()[:12]
