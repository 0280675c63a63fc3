"""The order of the library: packages by stage, each of which imports only from those before it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from kotune.core.code_hash import COSMETIC

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "scripts/kotune"

ORDER = """
core sandbox printing rows hub prompts study models forks layers scoring answering harness curation training choice cost
rehearsal speed report export plan
""".split()  # noqa: SIM905 (one line is read as one order)
MAY_IMPORT = {package: {*ORDER[: place + 1]} for place, package in enumerate(ORDER)} | {"mini": {"mini", "core"}}

PATHS = sorted(LIBRARY.rglob("*.py"))
MODULES = {".".join(path.relative_to(LIBRARY.parent).with_suffix("").parts): path for path in PATHS}
MODULES = {name: path for name, path in MODULES.items() if path.name != "__init__.py"}


def imports_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the dotted name of each import from kotune, wherever it stands in the tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "kotune":
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield node.lineno, whole if whole in MODULES else str(node.module)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name.split(".")[0] == "kotune")


def outermost(tree: ast.Module) -> ast.Module:
    """Return the statements that run when the module is imported: no function's, and none that is for types alone."""
    kept = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    kept = [
        node for node in kept if not (isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"))
    ]
    return ast.Module(kept, [])


TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def test_no_module_lies_outside_the_packages_of_the_order():
    packages = {path.relative_to(LIBRARY).parts[0] for path in PATHS if path.parent != LIBRARY}
    assert {path.name for path in PATHS if path.parent == LIBRARY} == {"__init__.py"}
    assert packages <= MAY_IMPORT.keys()


def test_each_package_imports_only_from_those_before_it():
    broken = []
    for name, tree in TREES.items():
        for line, module in imports_of(tree):
            package = module.split(".")[1] if "." in module else ""
            if package not in MAY_IMPORT[name.split(".")[1]]:
                broken.append(f"{MODULES[name].relative_to(ROOT)}:{line} imports {module}")
    assert broken == []


def test_each_import_names_a_module_of_the_library():
    names = {(name, module) for name, tree in TREES.items() for _, module in imports_of(tree)}
    assert {(name, module) for name, module in names if module not in MODULES} == set()


def names_in(tree: ast.Module) -> set[str]:
    """Return what a module defines or imports as its own, also below an `if`."""
    found: set[str] = set()
    for node in ast.walk(outermost(tree)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return found | {node.name for node in tree.body if hasattr(node, "name")}


def test_each_name_that_is_imported_is_there():
    """Also where a function imports it, which no import of the module would tell; scripts and tools are looked at, too."""
    names = {name: names_in(tree) for name, tree in TREES.items()}
    callers = [*MODULES.values(), *(ROOT / "scripts").glob("*.py"), *(ROOT / "tools").glob("*.py")]
    missing = {
        f"{path.relative_to(ROOT)}:{node.lineno} imports {alias.name} of {node.module}"
        for path in callers
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module in MODULES
        for alias in node.names
        if alias.name not in names[node.module]
    }
    assert missing == set()


def test_all_imports_are_absolute():
    """A relative import would not be seen by ``code_hash``, and what it brings would not be hashed."""
    relative = {
        f"{MODULES[name].relative_to(ROOT)}:{node.lineno}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    }
    assert relative == set()


def test_the_files_that_make_packages_are_empty():
    """They are not hashed, so that nothing may depend on them; and each folder with modules has one."""
    inits = {path.parent: path.stat().st_size for path in PATHS if path.name == "__init__.py"}
    assert {folder for folder, size in inits.items() if size} == set()
    assert {path.parent for path in PATHS} <= inits.keys()


def test_no_modules_import_each_other_in_a_circle():
    waiting = {name: {module for _, module in imports_of(outermost(tree))} for name, tree in TREES.items()}
    while free := {name for name, needed in waiting.items() if not needed & waiting.keys()}:
        waiting = {name: needed for name, needed in waiting.items() if name not in free}
    assert waiting == {}, "each of these is in a circle, or imports a module that is"


@pytest.mark.parametrize("name", sorted(COSMETIC))
def test_what_the_hash_leaves_out_exists(name):
    assert name in MODULES


def test_each_module_has_its_test_file_under_the_same_path():
    expected = {
        path: ROOT / "tests/unit" / path.relative_to(LIBRARY).parent / f"test_{path.name}" for path in MODULES.values()
    }
    assert {str(test.relative_to(ROOT)) for test in expected.values() if not test.is_file()} == set()
