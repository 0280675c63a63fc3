import pytest

from kotune.core.errors import UserError
from kotune.harness import task_files

pytest.importorskip("lm_eval")


def write(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_task_of_lm_eval_is_found_with_what_its_files_say():
    task = task_files.find("kmmlu_accounting")
    assert [path.name for path in task.chain] == ["_default_kmmlu_yaml", "kmmlu_accounting.yaml"]
    assert (task.settings["dataset_path"], task.settings["dataset_name"]) == ("HAERAE-HUB/KMMLU", "Accounting")
    assert task.splits() == {"items": "test", "shots": "dev"}
    assert task_files.find("kobest_boolq").splits() == {"items": "test", "shots": "train"}


def test_what_is_read_is_what_lm_eval_reads():
    from lm_eval.tasks._yaml_loader import load_yaml

    for name in ("kobest_wic", "haerae_history"):
        task = task_files.find(name)
        theirs = load_yaml(task.chain[-1], resolve_func=False)
        ours = {key: value for key, value in task.settings.items() if "!function" not in str(value)}
        assert ours.items() <= theirs.items() and ours.keys() | {"doc_to_text", "metric_list"} >= theirs.keys()


def test_a_further_file_may_include_one_of_lm_eval_s_by_its_path_there(tmp_path):
    folder = write(tmp_path / "tasks", "mini_wic.yaml", "include: kobest/kobest_wic.yaml\ntask: mini_wic\n")
    task = task_files.find("mini_wic", folder)
    assert task.stems() == {"kobest_wic", "mini_wic"} and task.settings["dataset_name"] == "wic"
    assert task.settings["task"] == "mini_wic"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kobest_bolq", "did you mean 'kobest_boolq'"),
        ("kobest", "is a group of lm-eval; name its tasks: \\[kobest_boolq, kobest_copa"),
        ("hrm8k_gsm8k", "generate_until.*drops the sign"),
        ("kormedmcqa_doctor", "Korean ending"),
        ("kmmlu_direct_biology", "generate_until"),
        ("broken", "includes 'nowhere.yaml'"),
        ("torn", r"torn.yaml, line 2: not YAML"),
        ("circle", "includes itself"),
        ("of_python", "written in Python"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(tmp_path, name, message):
    folder = write(tmp_path / "tasks", "broken.yaml", "include: nowhere.yaml\ntask: broken\n")
    write(folder, "circle.yaml", "include: circle.yaml\ntask: circle\n")
    write(folder, "of_python.yaml", "class: !function task.Ours\ntask: of_python\n")
    if name == "torn":
        write(folder, "torn.yaml", "task: torn\n a: [\n")
    with pytest.raises(UserError, match=message):
        task_files.check([name], folder, "config/evaluations/kobest.yaml, harness.tasks")


def test_the_tasks_of_a_group_are_named_also_those_of_groups_and_tags_within_it():
    with pytest.raises(UserError) as caught:
        task_files.find("kmmlu")
    named = str(caught.value).partition("[")[2].rstrip("]").split(", ")
    assert len(named) == len(set(named)) == 45 and {"kmmlu_accounting", "kmmlu_law"} <= set(named)
    assert task_files.check(named) == []


def test_an_include_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match="no folder"):
        task_files.find("kobest_boolq", tmp_path / "nothing")


def test_a_task_that_is_known_to_mislead_carries_a_warning_also_under_another_name(tmp_path):
    assert task_files.check(["kobest_boolq", "kmmlu_accounting"]) == []
    assert "fifth option" in task_files.check(["click_lang_text"])[0]
    folder = write(tmp_path / "t", "mine.yaml", "include: click/click_lang/click_lang_text.yaml\ntask: mine\n")
    assert "fifth option" in task_files.check(["mine"], folder)[0]
