"""Registries: what can be named in the configuration because there is a module, or an entry of a dict, of that name.

Reads the package's folders; writes nothing. A schema names a registry where an enum would stand
(`{registry: kotune.training.methods}`); what is named is loaded by its dotted name, and by no import statement, so that
a job's code hash holds what it names and nothing else of the registry.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from types import ModuleType


def registered(registry: str) -> list[str]:
    """Return a registry's names: modules of a package ("kotune.a.b"), or keys of a dict ("kotune.a.b:NAME")."""
    module, _, attribute = registry.partition(":")
    holder = importlib.import_module(module)
    if attribute:
        return list(getattr(holder, attribute))
    return list(_modules_in(tuple(holder.__path__)))


@lru_cache
def _modules_in(folders: tuple[str, ...]) -> list[str]:
    """Return the names of the modules in folders; a plan of a thousand arms asks for them thousands of times."""
    return sorted(found.name for found in pkgutil.iter_modules(folders))


def module_of(registry: str, name: str) -> ModuleType:
    """Return the module ``name`` of a registry that is a package."""
    return importlib.import_module(f"{registry}.{name}")
