"""A toy KoBEST in the makers' layout, their quirks included, and the same rows in the hub's."""

import json
from pathlib import Path

TASKS = ["kobest_boolq", "kobest_copa", "kobest_hellaswag", "kobest_sentineg", "kobest_wic"]
ROWS = {"train": 14, "dev": 3, "test": 5}
WORDS = ["양분", "철", "다리", "배", "눈"]
HUB = {"train": "train", "dev": "validation", "test": "test"}


def boolq(split, number):
    truth = number % 2 == 1
    spelt = str(truth).upper() if split == "train" or (split == "test" and number < 3) else str(truth)
    text, question = f'{split} 글 {number}은 "따옴표로 연다', f"질문 {number}인가? "
    return ["ID", "Text", "Question", "Answer"], [str(number), text, question, spelt], {
        "paragraph": text, "question": question, "label": int(truth)}  # fmt: skip


def copa(split, number):
    asked = "원인 " if number == 2 else "결과"
    row = {"premise": f"{split} 일 {number}.", "question": asked, "alternative_1": f"가 {number}.",
           "alternative_2": f"나 {number} 더 길다."}  # fmt: skip
    cells = [str(number), *row.values(), str(number % 2 + 1)]
    return ["ID", "sentence", "question", "1", "2", "Answer"], cells, row | {"label": number % 2}


def hellaswag(split, number):
    row = {"context": f"{split} 장면 {number}."} | {f"ending_{one}": f"끝 {number}-{one}." for one in range(1, 5)}
    header = ["context", "choice1", "choice2", "choice3", "choice4", "label"]
    return header, [*row.values(), str(number % 4)], row | {"label": number % 4}


def sentineg(split, number):
    label = number % 2
    text = f"{split} 상품 {number} " + ("안 좋아요" if split == "test" else "좋아요")
    row = {"sentence": text, "label": label}
    if split == "train":
        return ["ID", "Text", "Label"], [str(number), text, str(label)], row
    if split == "dev":
        return ["ID", "Label", "Text"], [str(number), str(label), text], row
    origin = f"train 상품 {number + 5} 좋아요" if number < 5 else "어디에도 없다"  # of each original but the last's
    header = ["ID", "Label_origin", "Text_origin", "Label", "Text", "Category_neg"]
    return header, [str(number + 5), str(1 - label), origin, str(label), text, "3"], row


def wic(split, number):
    word, same = WORDS[number % 5], number % 2 == 1
    row = {"word": word, "context_1": f"{split} [{word}] 하나 {number}.", "context_2": f"둘 [{word}] {number}. "}
    header = ["ID", "Target", "SENTENCE1", "Dictionary 1", "Link 1", "SENTENCE2", "Dictionary 2", "Link2", "ANSWER"]
    cells = [str(number), word, row["context_1"], "1", "-", row["context_2"], str(1 if same else 2), "-"]
    return header, [*cells, str(same) if number % 3 else str(same).upper()], row | {"label": int(same)}


FORMS = {"BoolQ": boolq, "COPA": copa, "HellaSwag": hellaswag, "SentiNeg": sentineg, "WiC": wic}


def write(makers: Path, hub: Path) -> None:
    """Write both layouts; the makers' lines end in CRLF in all tasks but HellaSwag, and the last in nothing."""
    for name, of_row in FORMS.items():
        for split, count in ROWS.items():
            made = [of_row(split, number) for number in range(1, count + 1)]
            ending = "\n" if name == "HellaSwag" else "\r\n"
            text = ending.join("\t".join(cells) for cells in [made[0][0], *(cells for _, cells, _ in made)])
            path = makers / name / f"{split}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes((text + ("\n" if name == "HellaSwag" else "")).encode())
            write_lines(hub / name.lower() / f"{HUB[split]}.jsonl", [row for _, _, row in made])
    originals = [sentineg("test", number) for number in range(1, ROWS["test"] + 1)]
    lines = [{"sentence": cells[2], "label": int(cells[1])} for _, cells, _ in originals]
    write_lines(hub / "sentineg" / "test_originated.jsonl", lines)


def write_lines(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
