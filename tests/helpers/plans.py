"""Plans of the repository's own studies, and jobs to ask them about: what Snakemake's rules do, without Snakemake."""

from checkout import ROOT
from studies import configuration

from kotune.plan import start


class Job(dict):
    """The wildcards of a job, by name or as attributes."""

    def __getattr__(self, name):
        if name not in self:
            raise AttributeError(name)
        return self[name]


def plan_for(study="econ-qa", **given):
    """Return the plan of one study, or of those that ``studies`` names."""
    return start.plan_of(configuration(**{"studies": [study], **given}), ROOT)
