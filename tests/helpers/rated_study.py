"""econ-qa with rowsets that are chosen, for tests of what a study says of quality."""

import yaml
from studies import copied, study

QUALITY = {"rowset": "all", "labels": {"path": "labels.csv"}}
SUBSETS = {"of": "all", "choose": {"by": ["random", "quality"], "rows": [4, 16]}}


def rated(folder, rowsets, quality=QUALITY, arms=None, **more):
    """Return econ-qa with more rowsets and arms, and what it says of quality; ``more``: other keys of the study."""
    copied(folder)
    (folder / "labels.csv").write_text("id,value\n", encoding="utf-8")
    path = folder / "config/studies/econ-qa.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["rowsets"] |= rowsets
    models = content["arms"]["qlora"]["models"][:1]
    for arm, rowset in (arms or {}).items():
        content["arms"][arm] = {"rowset": rowset, "prompt": "econ-qa.clean", "recipe": "qlora-r6", "models": models}
    content |= {"quality": quality} if quality else {}
    content |= more
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return study(root=folder)
