"""One base model, several adapters one after another: the base is loaded once.

Reads adapter folders; writes nothing.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.models import adapters

if TYPE_CHECKING:
    from peft import PeftModel


def switched_to(model: Any, folder: Path, base: str) -> PeftModel:
    """Return the model with this adapter on it, unmerged, in place of any other; ``base``: the model's folder.

    Raises UserError for an adapter that does not fit.
    """
    if not hasattr(model, "peft_config"):
        return adapters.put_on(model, folder, base).eval()
    before = list(model.peft_config)
    name = next(one for one in ("first", "second") if one not in before)
    try:
        model.load_adapter(str(folder), adapter_name=name)
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"{folder}: the adapter does not fit {base}: {reason}") from error
    model.set_adapter(name)
    for one in before:
        model.delete_adapter(one)
    return model.eval()


def switched_off(model: Any) -> AbstractContextManager:
    """Return what switches a model's adapter off while it is entered; nothing is done where there is none."""
    return model.disable_adapter() if hasattr(model, "peft_config") else nullcontext()
