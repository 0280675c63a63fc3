"""econ-qa with a rowset that is made of an arm's samples, and an arm that learns them."""

import yaml
from studies import copied, study

AGAIN = {
    "title": "Again",
    "path": "again.csv",
    "prompt": "econ-qa.clean",
    "metrics": ["exact_match"],
    "primary_metric": "exact_match",
}


def sampling(folder, arm="qlora", asked=("base", "qlora"), evaluation=AGAIN, **given):
    """Return econ-qa with a rowset of samples, and an arm that learns them; ``given``: more of the rowset's `from`."""
    copied(folder)
    (folder / "config/evaluations").mkdir(exist_ok=True)
    (folder / "config/evaluations/again.yaml").write_text(yaml.safe_dump(evaluation), encoding="utf-8")
    path = folder / "config/studies/econ-qa.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["rowsets"]["kept"] = {"from": {"arm": arm, "evaluation": "again", **given}}
    models = content["arms"]["qlora"]["models"][:1]
    content["arms"]["again"] = {"rowset": "kept", "prompt": "econ-qa.clean", "recipe": "qlora-r6", "models": models}
    content["evaluations"] = {"again": list(asked)}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return study(root=folder)
