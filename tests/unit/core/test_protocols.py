"""The names of protocols and templates: those that a configuration may say."""

from checkout import ROOT

from kotune.core import protocols
from kotune.core.catalogue import read_yaml


def test_the_schema_knows_these_names_and_no_others():
    said = read_yaml(ROOT / "workflow/schemas/evaluation.schema.yaml")["properties"]["harness"]["properties"]
    assert said["protocols"]["items"]["enum"] == [protocols.PUBLISHED, protocols.CLEAN]
    assert said["template"]["enum"] == [protocols.NO_TEMPLATE, protocols.CHAT, protocols.MULTITURN]
