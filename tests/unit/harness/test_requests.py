"""Requests: as published equal to lm-eval's own to the character; clean, and what alone differs then."""

import json

import build_requests
import prepare_benchmark
import pytest
import small_template
import their_requests
import toy_kobest
from real_files import KOBEST, needs_kobest

from kotune.core.errors import UserError
from kotune.core.storage import sha256_of
from kotune.harness import kobest, task_files
from kotune.harness.chat import chat_template
from kotune.harness.requests import Asked, particle_mended, requests_of
from kotune.harness.sources import benchmark
from kotune.harness.tasks import documents

pytest.importorskip("lm_eval")
ALONE = Asked("none", None, 1234)
KMMLU = [
    {"question": f"무엇 {n}? ", "answer": n % 4 + 1, "A": "가", "B": "나", "C": "다", "D": str(n)} for n in range(6)
]
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] | trim }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def rows_of(task, folder):
    made = benchmark({"folder": str(folder)}, task_files.find(task))
    return {
        split: [{name: value for name, value in row.items() if name not in kobest.BESIDE} for row in rows]
        for split, rows in made.rows.items()
    }


def ours(rows, shots, protocols=("published",), asked=ALONE):
    return [
        line for task, held in rows.items()
        for line in requests_of(task_files.find(task), held, [shots], list(protocols), asked)
    ]  # fmt: skip


def flat(lines):
    """Our lines as (task, number of the item, context, option), as lm-eval has its requests."""
    numbers = {}
    found = []
    for line in lines:
        number = numbers[line["task"]] = numbers.get(line["task"], -1) + 1
        found += [(line["task"], number, line["context"], option) for option in line["continuations"]]
    return found


def theirs(rows, shots, **given):
    raw = {task: {split: documents(held) for split, held in splits.items()} for task, splits in rows.items()}
    return their_requests.requests(list(rows), raw, shots, **given)


@pytest.fixture(scope="module")
def rows(toy):
    return {task: rows_of(task, toy["makers"]) for task in toy_kobest.TASKS}


@pytest.mark.parametrize("shots", [0, 5])
def test_published_requests_are_lm_eval_s_to_the_character(rows, shots):
    assert flat(ours(rows, shots)) == theirs(rows, shots)


@needs_kobest
@pytest.mark.parametrize(("shots", "limit"), [(5, 60), (0, 500)])
def test_published_requests_of_kobest_are_lm_eval_s_to_the_character(shots, limit):
    real = {task: rows_of(task, KOBEST) for task in toy_kobest.TASKS}
    assert flat(ours(real, shots, asked=Asked("none", None, 1234, limit))) == theirs(real, shots, limit=limit)


def test_tasks_of_other_benchmarks_need_no_code():
    hae = [{"query": f"질문 {n}", "answer": "(B)"} for n in range(8)]
    hae += [hae[0]]  # lm-eval takes the item out of its own shots, and so each row that is like it
    given = {"kmmlu_accounting": {"test": KMMLU, "dev": KMMLU[:6]}, "haerae_general_knowledge": {"test": hae}}
    given = {
        task: {
            split: [{"id": f"{split}-{n}", **row} for n, row in enumerate(held, 1)] for split, held in splits.items()
        }
        for task, splits in given.items()
    }
    for task, splits in given.items():
        lines = ours({task: splits}, 5)
        assert flat(lines) == theirs({task: splits}, 5)
    assert {line["gold"] for line in lines} == {1} and lines[0]["continuations"][1] == " (B)"


def test_a_task_that_takes_a_part_of_a_split_asks_that_part_by_its_ids():
    row = {"paragraph": "", "question": "무엇?", "choices": ["가", "나", "다", "라"], "answer": "나"}
    ids = ["CSAT_korean_22_1", "TK_2", "CSAT_korean_22_3", "TK_9", "Kedu_1", "TK_11", "TK_12"]
    rows = [row | {"id": f"train-{n}", "source_id": own, "question": f"무엇 {n}?"} for n, own in enumerate(ids, 1)]
    lines = ours({"click_lang_text": {"train": rows}}, 2)
    assert flat(lines) == theirs({"click_lang_text": {"train": rows}}, 2)
    assert [line["item"] for line in lines] == ["train-1", "train-3", "train-4", "train-6", "train-7"]
    asked = clean({"click_lang_text": {"train": rows}}, 4)
    assert all({*line["shot_items"], item} == set(asked) for item, line in asked.items())


@pytest.mark.parametrize(("template", "multiturn"), [("chat", False), ("chat-multiturn", True)])
def test_a_chat_template_is_applied_as_lm_eval_applies_it(rows, tmp_path, template, multiturn):
    small_template.write(tmp_path, TEMPLATE)
    some = {task: rows[task] for task in ("kobest_copa", "kobest_wic")}
    asked = Asked(template, chat_template(tmp_path), 1234)
    lines = ours(some, 5, asked=asked)
    assert flat(lines) == theirs(some, 5, folder=str(tmp_path), multiturn=multiturn)
    assert lines[0]["template"] == template and lines[0]["continuations"][0][0] != " "  # lm-eval drops the delimiter
    assert lines[0]["context"].count("<|user|>") == (6 if multiturn else 1)


def clean(rows, shots=5, **changes):
    return {line["item"]: line for line in ours(rows | changes, shots, ["clean"])}


def test_clean_shots_depend_on_the_item_alone(rows):
    task = "kobest_sentineg"
    whole, held = clean({task: rows[task]}), rows[task]
    backwards = {"train": held["train"][::-1], "test": held["test"][::-1]}
    assert clean({task: backwards}) == whole
    assert clean({task: held | {"test": held["test"][2:4]}}) == {item: whole[item] for item in ("test-3", "test-4")}
    assert len({tuple(line["shot_items"]) for line in whole.values()}) == len(whole)


def test_no_item_is_shown_itself_or_the_row_that_it_negates(rows):
    held = rows["kobest_sentineg"]
    twin = {**held["train"][5], "id": "train-15"}  # stands twice: test-1 negates both
    again = {"id": "train-16", "sentence": held["test"][0]["sentence"], "label": 1}
    lines = clean({"kobest_sentineg": held | {"train": [*held["train"], twin, again]}}, shots=13)
    assert sorted(lines["test-1"]["shot_items"], key=lambda row: int(row[6:])) == [
        f"train-{n}" for n in range(1, 15) if n != 6
    ]
    with pytest.raises(UserError, match="14 shots are asked for, and 13 rows may be shown to test-1"):
        clean({"kobest_sentineg": held}, shots=14)


def test_clean_differs_from_published_in_shots_and_particles_alone(rows):
    bare = {protocol: ours(rows, 0, [protocol]) for protocol in ("published", "clean")}
    for one, other in zip(bare["published"], bare["clean"], strict=True):
        assert one | {"protocol": ""} | {"context": ""} == other | {"protocol": ""} | {"context": ""}
        if one["task"] != "kobest_wic":
            assert one["context"] == other["context"]
    asked = {line["item"]: line["context"] for line in bare["clean"] if line["task"] == "kobest_wic"}
    assert "양분이 같은 뜻으로" in asked["test-5"] and "다리가 같은 뜻으로" in asked["test-2"]
    five = clean({"kobest_wic": rows["kobest_wic"]})["test-1"]["context"]
    assert "양분가" not in five and "철가" not in five and five.count("같은 뜻으로 쓰였나?") == 6
    whole = {line["item"]: line["context"] for line in bare["published"] if line["task"] == "kobest_copa"}
    shown = clean({"kobest_copa": rows["kobest_copa"]})["test-1"]
    assert shown["context"].endswith("\n\n" + whole["test-1"]) and len(shown["context"].split("\n\n")) == 6


def test_a_particle_is_mended_in_the_question_alone():
    text = "문장1: 두 문장에서 눈가 같은 뜻으로 보인다. 두 문장에서 눈가 같은 뜻으로 쓰였나?"
    assert particle_mended(text, "눈") == text[:28] + text[28:].replace("눈가", "눈이")
    assert particle_mended("두 문장에서 배가 같은 뜻으로 쓰였나?", "배") == "두 문장에서 배가 같은 뜻으로 쓰였나?"


def test_a_line_holds_what_scoring_needs(rows):
    line = ours({"kobest_copa": rows["kobest_copa"]}, 5)[0]
    assert (line["item"], line["gold"], line["chars"]) == ("test-1", 1, [4, 9])
    assert line["continuations"] == [" 가 1.", " 나 1 더 길다."] and len(line["shot_items"]) == 5
    shown = {row["id"]: row for row in rows["kobest_copa"]["train"]}[line["shot_items"][0]]
    assert line["context"].startswith(shown["premise"])


def test_a_local_task_that_includes_an_official_one_is_mended_as_well(rows, tmp_path):
    (tmp_path / "mine.yaml").write_text("include: kobest/kobest_wic.yaml\ntask: my_wic\n", encoding="utf-8")
    task = task_files.find("my_wic", tmp_path)
    lines = list(requests_of(task, rows["kobest_wic"], [0], ["published", "clean"], ALONE))
    assert [line["task"] for line in lines] == ["my_wic"] * 10
    assert "양분가" in lines[4]["context"] and "양분이" in lines[9]["context"]


def refused(task, splits, protocols=("published",), shots=0):
    return list(requests_of(task, splits, [shots], list(protocols), ALONE))


def test_what_cannot_be_asked_is_refused(rows, tmp_path):
    held = rows["kobest_sentineg"]
    without = [{name: value for name, value in row.items() if name != "original"} for row in held["test"]]
    with pytest.raises(UserError, match="must know which train row"):
        refused(task_files.find("kobest_sentineg"), held | {"test": without}, ["clean"])
    splits = {split: [{"id": f"{split}-{n}", **row} for n, row in enumerate(KMMLU, 1)] for split in ("test", "dev")}
    splits["test"][1]["answer"] = 9
    with pytest.raises(UserError, match="test-2 has no gold among its options"):
        refused(task_files.find("kmmlu_accounting"), splits)
    with pytest.raises(UserError, match="its rows do not fit lm-eval's task"):
        refused(task_files.find("kmmlu_accounting"), rows["kobest_boolq"] | {"dev": rows["kobest_boolq"]["train"]})
    (tmp_path / "none.yaml").write_text("include: kobest/kobest_copa.yaml\ntask: bare\nnum_fewshot: 0\n")
    with pytest.raises(UserError, match=r"asked without shots, as its file says"):
        refused(task_files.find("bare", tmp_path), rows["kobest_copa"], shots=5)


def test_lm_eval_s_cache_of_requests_is_neither_read_nor_written(rows, monkeypatch):
    import lm_eval.api.task as theirs

    asked = []
    monkeypatch.setattr(theirs, "load_from_cache", lambda file_name, cache=False: asked.append(cache))
    monkeypatch.setattr(theirs, "save_to_cache", lambda **_: pytest.fail("the cache is written"))
    ours({"kobest_copa": rows["kobest_copa"]}, 5)
    assert asked == [False]


def test_the_two_scripts_make_of_a_folder_the_requests(rows, toy, tmp_path):
    tasks = ["kobest_copa", "kobest_sentineg"]
    asked = {"tasks": tasks, "include": None, "num_fewshot": [5, 0], "source": {"folder": str(toy["makers"])}}
    prepare_benchmark.main(["--settings", json.dumps(asked), "--output-dir", str(tmp_path)])
    audit = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert audit["files"] == {
        f"{task}/{split}.jsonl": sha256_of(tmp_path / f"{task}/{split}.jsonl")
        for task in tasks for split in ("train", "validation", "test")
    }  # fmt: skip
    said = audit["tasks"]["kobest_sentineg"]
    assert (said["asked"], said["metrics"], said["warnings"]) == (5, ["acc", "f1"], [])
    asked |= {"protocols": ["published", "clean"], "template": "none", "limit": 2}
    output = tmp_path / "requests.jsonl"
    build_requests.main(["--settings", json.dumps(asked), "--data", str(tmp_path), "--output", str(output)])
    expected = [
        line for task in tasks
        for line in requests_of(
            task_files.find(task), rows[task], [5, 0], ["published", "clean"], Asked("none", None, 1234, 2)
        )
    ]  # fmt: skip
    assert [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()] == expected
    assert len(expected) == 2 * 2 * 2 * 2
    with pytest.raises(UserError, match="needs the model's tokenizer"):
        template = json.dumps(asked | {"template": "chat"})
        build_requests.main(["--settings", template, "--data", str(tmp_path), "--output", str(output)])
