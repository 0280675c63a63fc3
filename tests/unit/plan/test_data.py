"""Where rows come from: the repository's own files, a snapshot of the hub, or what a user brings."""

import pytest
from plans import Job, plan_for

from kotune.plan import data

ROWS = Job(study="econ-qa", rowset="all")


def test_bundled_rows_are_read_from_the_repository():
    plan = plan_for()
    source = data.source(plan, ROWS)
    assert data.source_files(plan, ROWS) == list(source["files"].values())
    assert all(
        path.endswith((".csv", ".csv.xz")) and plan.beside("resources") in path for path in source["files"].values()
    )


def test_what_becomes_of_personal_data_is_asked_of_a_studys_own_rows_alone():
    plan = plan_for("safe-chat")
    own, other = (
        Job(study="safe-chat", rowset=name) for name in ("all", plan.study(Job(study="safe-chat")).others[0].name)
    )
    assert "personal_data" not in data.source(plan, own)
    plan.study(own).settings["personal_data"] = {"mask": ["card"]}
    assert data.source(plan, own)["personal_data"] == {"mask": ["card"]}
    assert "personal_data" not in data.source(plan, other)


def test_rows_of_the_hub_wait_for_their_snapshot():
    plan = plan_for(scale="full", data={"econ-qa": "klue-mrc-news"})
    (file,) = data.source_files(plan, ROWS)
    assert file == plan.beside("resources/hub/datasets/klue-mrc-news/snapshot.json")


def test_a_users_rows_stay_as_the_user_names_them(tmp_path):
    own = tmp_path / "my rows.csv"
    own.write_text("id,context,question,answer\na,b,c,d\n", encoding="utf-8")
    plan = plan_for(data={"econ-qa": str(own)})
    assert data.source_files(plan, ROWS) == [str(own)] and data.source(plan, ROWS)["path"] == str(own)


@pytest.mark.parametrize(
    ("asked", "name", "key", "downloads_again"),
    [
        (data.hub_model, "qwen2.5-3b-instruct", "revision", True),
        (data.hub_model, "qwen2.5-3b-instruct", "context_window", False),
        (data.hub_dataset, "klue-mrc", "subset", True),
        (data.hub_dataset, "klue-mrc", "title", False),
    ],
)
def test_a_download_depends_on_what_is_fetched_alone(asked, name, key, downloads_again):
    plan, wildcards = plan_for(), Job(hub_name=name)
    before = asked(plan, wildcards)
    catalogue = plan.config["models" if asked is data.hub_model else "datasets"]
    catalogue[name] = {**catalogue[name], key: "another"}
    assert (asked(plan, wildcards) != before) is downloads_again


def test_an_embedder_is_found_in_its_own_catalogue():
    plan = plan_for()
    name = next(name for name, entry in plan.config["embedders"].items() if "hub_id" in entry)
    assert data.hub_model(plan, Job(hub_name=name))["hub_id"] == plan.config["embedders"][name]["hub_id"]


def test_rows_are_drawn_as_scale_and_rowset_say_and_only_where_they_say_so():
    plan = plan_for()
    assert "caps" not in data.source(plan, ROWS)
    study = plan.studies["econ-qa"]
    study.lens["rows"] = {"train": 400, "test": 120}
    study.settings["rowsets"]["all"] = {"max_context_chars": 1300, "rows": {"train": 250}}
    source = data.source(plan, ROWS)
    assert source["caps"] == {"scale": {"train": 400, "test": 120}, "rowset": {"train": 250}, "seed": 42}
    assert source["max_context_chars"] == 1300 and "rows" not in source


def test_a_bundled_file_of_all_rows_lies_in_the_repository():
    plan = plan_for(data={"econ-qa": "mini-korquad"})
    assert data.source_files(plan, ROWS) == [plan.beside("resources/mini/korquad/rows.json.xz")]


def test_a_model_made_of_a_gguf_file_depends_on_that_file_and_on_what_converts_it(tmp_path):
    plan, name = plan_for(), "gemma-3-270m"
    wildcards, own = Job(hub_name=name), tmp_path / "a.gguf"
    assert data.gguf_files(plan, wildcards) == [], "packages hold it"
    assert data.gguf_converter(plan, wildcards) and data.hub_model(plan, wildcards)["gguf"]["sha256"]
    plan.config["models"][name] = {**plan.config["models"][name], "gguf": {"path": str(own)}}
    assert data.gguf_files(plan, wildcards) == [], "where it is gone, what was made of it stands for it"
    own.write_bytes(b"GGUF")
    assert data.gguf_files(plan, wildcards) == [str(own)]
    other = Job(hub_name="qwen2.5-3b-instruct")
    assert (data.gguf_files(plan, other), data.gguf_converter(plan, other)) == ([], "")
