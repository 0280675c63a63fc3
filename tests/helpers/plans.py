"""Plans of the repository's own studies, and jobs to ask them about: what Snakemake's rules do, without Snakemake."""

from checkout import ROOT

from kotune.core.catalogue import read_yaml
from kotune.plan import start


class Job(dict):
    """The wildcards of a job, by name or as attributes."""

    def __getattr__(self, name):
        if name not in self:
            raise AttributeError(name)
        return self[name]


def configuration(**given):
    """Return the repository's configuration with what is given on top, as `--config` would."""
    loaded = [read_yaml(ROOT / f"config/{name}.yaml") for name in ("config", "models", "datasets")]
    return {key: value for part in loaded for key, value in part.items()} | given


def plan_for(study="econ-qa", **given):
    """Return the plan of one study."""
    return start.plan_of(configuration(studies=[study], **given), ROOT)
