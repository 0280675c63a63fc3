"""Print into docs/architecture.md where everything is: rules, scripts, modules, tests. `--check` fails if it is stale.

Reads workflow/rules/, scripts/, tools/ and tests/unit/; writes the page between its two marks. A new rule, module or
test appears there when this runs again.
"""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import write_text

PAGE = Path("docs/architecture.md")
BLOCK = re.compile(r"(<!-- printed: architecture -->\n).*?(<!-- end -->)", re.DOTALL)
ORDER_TEST = Path("tests/unit/test_house.py")  # holds the order of the packages in one line


def tree_of(path: Path) -> ast.Module:
    """Return a file of Python as a tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def first_sentence(path: Path) -> str:
    """Return the first sentence of a file's docstring; UserError for a module that does not say what it is."""
    said = ast.get_docstring(tree_of(path))
    if not said:
        raise UserError(f"{path}: a module begins with a docstring that says what it holds")
    paragraph = " ".join(said.partition("\n\n")[0].split())
    return re.split(r"(?<=\.) (?=[A-Z`])", paragraph)[0].rstrip(".")


def modules_of(root: Path) -> dict[str, Path]:
    """Return dotted name (without `kotune.`) → file of each module of the library."""
    library_at = root / "scripts/kotune"
    files = [path for path in sorted(library_at.rglob("*.py")) if path.name != "__init__.py"]
    return {".".join(path.relative_to(library_at).with_suffix("").parts): path for path in files}


def imported(path: Path, modules: dict[str, Path]) -> list[str]:
    """Return the modules of the library that a file imports, wherever in it, sorted."""
    names = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return sorted(name for name in modules if f"kotune.{name}" in names)


def rules_of(path: Path) -> Iterator[tuple[str, str | None]]:
    """Yield each rule of a rule file with its script: the one that its `cli` names, else none."""
    blocks = re.split(r"^(?:rule|checkpoint) (\w+):\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    for name, body in zip(blocks[::2], blocks[1::2], strict=True):
        called = re.search(r"\bcli\(\s*[\"'](\w+)[\"']\s*\)", body) or re.search(r"scripts/(\w+)\.py", body)
        yield name, called[1] if called else None


def has_test(module: str, root: Path) -> bool:
    """Return whether a module has its test file, under the same path."""
    *folders, name = module.split(".")
    return (root / Path("tests/unit", *folders, f"test_{name}.py")).is_file()


def order_of(root: Path, modules: dict[str, Path]) -> list[str]:
    """Return the packages that have modules, in the order of ORDER_TEST; those that it does not name come last."""
    order: list[str] = []
    for node in tree_of(root / ORDER_TEST).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ORDER":
            order = next(part.value for part in ast.walk(node) if isinstance(part, ast.Constant)).split()
    there = {name.split(".")[0] for name in modules}
    return [package for package in order if package in there] + sorted(there - set(order))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def rules_table(root: Path, modules: dict[str, Path]) -> str:
    """Return the table of rules: which script each calls, which modules that script imports."""
    rows = []
    for path in sorted((root / "workflow/rules").glob("*.smk")):
        for rule, script in rules_of(path):
            used = imported(root / f"scripts/{script}.py", modules) if script else []
            shown = ", ".join(f"`{name}`" for name in used if name != "core.console") or "–"
            rows.append([f"`{path.name}`", f"`{rule}`", f"`{script}.py`" if script else "–", shown])
    return _table(["rule file", "rule", "script", "modules that the script imports, besides `core.console`"], rows)


def packages_tables(root: Path, modules: dict[str, Path]) -> str:
    """Return a table for each package: its modules, what each holds, and whether the test of its name is there."""
    parts = []
    for package in order_of(root, modules):
        own = [name for name in modules if name.split(".")[0] == package]
        uses = {name.split(".")[0] for one in own for name in imported(modules[one], modules)} - {package}
        said = ", ".join(f"`{name}`" for name in order_of(root, modules) if name in uses) or "nothing of the library"
        rows = []
        for name in own:
            tested = "yes" if has_test(name, root) else "–"
            rows.append([f"`{name.partition('.')[2]}`", first_sentence(modules[name]), tested])
        parts.append(f"**`{package}`** imports {said}.\n\n{_table(['module', 'what it holds', 'test'], rows)}")
    return "\n".join(parts)


def tools_table(root: Path) -> str:
    """Return the table of the tools."""
    tools = sorted((root / "tools").glob("*.py"))
    return _table(["tool", "what it does"], [[f"`{path.name}`", first_sentence(path)] for path in tools])


def printed(root: Path) -> str:
    """Return what stands between the page's marks."""
    modules = modules_of(root)
    return (
        "### Rules and their scripts\n\n"
        f"{rules_table(root, modules)}\n"
        "### The library, package by package\n\n"
        "In this order. A test has the path of its module: `tests/unit/{package}/test_{module}.py`.\n\n"
        f"{packages_tables(root, modules)}\n"
        "### Tools\n\n"
        "No rule calls them.\n\n"
        f"{tools_table(root)}"
    )


def fill(text: str, block: str) -> str:
    """Return the page with its block made anew; UserError where the page lacks the marks."""
    if not BLOCK.search(text):
        raise UserError(f"{PAGE}: it lacks the marks '<!-- printed: architecture -->' and '<!-- end -->'")
    return BLOCK.sub(lambda found: found[1] + block + found[2], text)


def main(argv: list[str] | None = None) -> None:
    """Fill or check the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the page is stale")
    args = parser.parse_args(argv)
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    filled = fill(text, printed(ROOT))
    if args.check and filled != text:
        raise UserError(f"{PAGE}: rules, scripts, modules or tests have changed; run tools/print_architecture.py")
    write_text(ROOT / PAGE, filled)
    console.say(f"{PAGE}: it shows what is there")


if __name__ == "__main__":
    console.run(main)
