"""What a training takes besides time: memory before it and at its peak, the card's whole, energy where it can be read.

Reads the driver's counters and the process's own; writes nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kotune.core.gpu_energy import NoEnergy, of_torch
from kotune.core.records import peak_memory_gib
from kotune.core.storage import Json
from kotune.training import processes


@dataclass
class Meter:
    """What there was when a training began.

    ``start_gib``: the most that had been reserved on the GPU once model, adapter and trainer were there; on a CPU the
    most that the process had had. ``card_gib``: the memory of the card; None on a CPU. ``before``: joules of the runs
    that this one continues, None where they are not known.
    """

    energy: NoEnergy
    start_gib: float
    card_gib: float | None
    charged: float | None
    before: float | None = 0.0

    @classmethod
    def begun(cls, device: str, before: float | None) -> Meter:
        """Return a meter that counts from here on; ``device``: "cpu" or "cuda"."""
        energy = of_torch(device, processes.rank() if processes.launched() else 0)
        card = None
        if device == "cuda":
            import torch

            card = torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory / 2**30
        return cls(energy, peak_memory_gib(), card, energy.joules(), before)

    def joules(self) -> float | None:
        """Return the joules so far that this process's card has used, of all runs of the training; None if unknown."""
        now = self.energy.joules()
        return None if None in (now, self.charged, self.before) else self.before + now - self.charged

    def cost(self) -> Json:
        """Return what a record keeps; joules are those of all cards. Each of several processes must ask."""
        own = self.joules()
        total = processes.mean(math.nan if own is None else own) * processes.count()
        why = "energy of the runs before is not known" if self.before is None and not self.energy.why else None
        return {
            "start_memory_gib": round(self.start_gib, 3),
            "card_memory_gib": None if self.card_gib is None else round(self.card_gib, 3),
            "joules": None if math.isnan(total) else round(total, 1),
            "energy": self.energy.why or why or "NVML, the whole card",
        }
