"""Names in a study that stand for nothing, and files that no rule makes and that are not there."""

from dataclasses import replace

import pytest
from shortened import rewrite
from studies import configuration, copied, study

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.study.checks import PARTS, RESERVED, check_files, check_study


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("econ-qa", lambda study: study["ensembles"].update(methods=["majority"]), "submission: 'majority_then_f1' is no ensemble of the study; did"),
        ("econ-qa", lambda study: study["ensembles"].update(arm="qlra"), "ensembles: unknown arm 'qlra'; did you mean 'qlora'"),
        ("econ-qa", lambda study: study["ensembles"]["members"].append("llama-3.2-3b-instruct"), "member 'llama-3.2-3b-instruct' has no arm 'qlora'"),
        ("econ-qa", lambda study: study["ensembles"].update(favourite="qwen2.5-3b-instruct"), "favourite 'qwen2.5-3b-instruct' is not a member"),
        ("context-qa", lambda study: study.update(may_be_missing=["exaone"]), "may_be_missing: 'exaone' is not a candidate"),
        ("context-qa", lambda study: study["scales"].update(minni={}), "scales: there is no scale 'minni'; did you mean 'mini'"),
        ("context-qa", lambda study: study["selection"].update(arms=["bas"]), "selection.arms: unknown arm 'bas'; did you mean 'base'"),
        ("context-qa", lambda study: study.pop("census"), "selection.exclude.window: needs the key 'census'"),
    ],
)  # fmt: skip
def test_a_name_that_stands_for_nothing_is_named(tmp_path, name, change, message):
    rewrite(copied(tmp_path) / f"config/studies/{name}.yaml", change)
    if name == "context-qa":
        rewrite(tmp_path / f"config/studies/{name}.yaml", lambda study: study["scales"]["mini"].pop("census", None))
    with pytest.raises(UserError, match=f"config/studies/{name}.yaml.*{message}"):
        study(name, root=tmp_path)


def test_the_bundled_files_are_there():
    check_files([study(), study("context-qa")])


def test_a_stand_in_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match=r"rows of config/studies/econ-qa.yaml: there is no 'resources' in "):
        check_files([replace(study(), root=tmp_path)])
    without_rows = replace(study(), root=tmp_path, source={"dataset": "x"})
    with pytest.raises(UserError, match=r"the stand-in 'tiny-gemma2': there is no 'resources'"):
        check_files([without_rows])


def test_rows_that_a_user_names_and_that_are_not_there_are_answered_with_the_nearest(tmp_path):
    (tmp_path / "mine.csv").write_text("id\n")
    brought = replace(study(), source={"path": str(tmp_path / "mein.csv")})
    with pytest.raises(UserError, match=r"rows of 'econ-qa' \(--config data.*did you mean 'mine.csv'"):
        check_files([brought])
    downloaded = {"own": replace(brought.own, hub_dataset="klue-mrc-news")}
    check_files([replace(brought, evaluations=downloaded)])  # a rule downloads it


def test_a_study_without_a_part_in_the_paper_may_run(tmp_path):
    (copied(tmp_path) / "config/studies/mine.yaml").write_bytes((tmp_path / "config/studies/econ-qa.yaml").read_bytes())
    check_files([replace(study("mine", root=tmp_path), root=ROOT)])


def test_each_part_of_the_paper_is_a_study_or_a_name_that_none_may_have():
    parts = {path.stem for path in (ROOT / "paper/parts").glob("*.typ")}
    studies = {path.stem for path in (ROOT / "config/studies").glob("*.yaml")}
    assert parts - studies <= {*PARTS, *RESERVED}


def test_a_rehearsal_prints_no_paper_and_may_lack_what_a_paper_needs():
    whole = study()
    tuned = replace(whole, arms={"qlora": whole.arms["qlora"]})
    with pytest.raises(UserError, match="there is no arm 'base'"):
        check_study(tuned, configuration())
    check_study(replace(tuned, lens={**whole.lens, "rehearsal": {"of": "full"}}), configuration())


def test_a_gguf_file_that_is_not_there_is_named_before_anything_runs_and_not_once_it_was_converted(tmp_path):
    config = configuration(scale="full", data={"econ-qa": "klue-mrc-news"})
    full, name = replace(study(scale="full", data={"econ-qa": "klue-mrc-news"}), root=tmp_path), "ko-gemma-2-9b-it"
    own = {**config["models"][name], "gguf": {"path": str(tmp_path / "b.gguf")}}
    config["models"] = {**config["models"], name: own}
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    with pytest.raises(UserError, match=f"gguf.path of .*'{name}': there is no 'b.gguf' in .*; did you mean 'a.gguf'"):
        check_study(full, config)
    (tmp_path / "b.gguf").write_bytes(b"PK")
    with pytest.raises(UserError, match="not a GGUF file"):
        check_study(full, config)
    snapshot = tmp_path / f"resources/hub/models/{name}/snapshot.json"
    snapshot.parent.mkdir(parents=True)
    snapshot.write_text("{}")
    check_study(full, config)
