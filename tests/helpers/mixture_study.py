"""The study safe-chat on a mixture of data sets that the catalogue has, in a copy of the configuration."""

import studies
from changed_study import rewritten
from checkout import ROOT

from kotune.core.catalogue import configuration_at
from kotune.plan import start

PARTS = {
    "own": {"dataset": "mini-safe-chat", "transform": {"instruction": "답하세요.", "instruction_probability": 0.8}},
    "hub": {"dataset": "korean-safe-conversation", "cap": 100},
}


def plan_of_mixture(folder, parts=None, study=None, **mixture):
    """Return the plan of safe-chat at mini scale, or as ``mixture``'s key scale says, its rows mixed of ``parts``.

    ``study``: keys of the study that are changed.
    """
    scale = mixture.pop("scale", "mini")
    studies.copied(folder)
    given = {"weights": "rows", "parts": parts or PARTS, **mixture}
    entry = {"title": "toy", "source": "mixture", "mixture": given}
    rewritten(folder / "config/datasets.yaml", lambda all_of_them: all_of_them["datasets"].update(toy=entry))
    changes = {"dataset": "toy", **(study or {})}
    rewritten(folder / "config/studies/safe-chat.yaml", lambda content: content.update(changes))
    (folder / "resources").symlink_to(ROOT / "resources")
    config = configuration_at(folder) | {"studies": ["safe-chat"], "scale": scale}
    return start.plan_of(config, ROOT, folder)
