"""What lm-evaluation-harness itself would ask: its whole evaluation, with a model that only notes what it is asked."""

from pathlib import Path
from unittest import mock

from kotune.harness import task_files


def requests(
    tasks: list[str], splits: dict, shots: int, limit: int | None = None, folder=None, multiturn=False
) -> list:
    """Return (task, number of the item, context, option) of each of lm-eval's requests, in lm-eval's order.

    ``splits``: task → split → rows, which stand where lm-eval would load them from the hub. ``folder``: a model's, whose
    chat template is applied; None for none.
    """
    import datasets
    import evaluate
    from lm_eval.api.model import LM
    from lm_eval.evaluator import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    noted = []

    class Noting(LM):
        tokenizer_name = "noted"
        chat_template_args: dict = {}

        def loglikelihood(self, asked):
            noted.extend((one.task_name, one.doc_id, *one.args) for one in asked)
            return [(0.0, False)] * len(asked)

        def loglikelihood_rolling(self, asked):
            raise NotImplementedError

        def generate_until(self, asked):
            raise NotImplementedError

        def chat_template(self, asked=False):
            return self.tokenizer.chat_template

        apply_chat_template = HFLM.apply_chat_template

    model = Noting()
    if folder:
        from transformers import AutoTokenizer

        model.tokenizer = AutoTokenizer.from_pretrained(folder)
    by_place = {}
    for task in tasks:
        said = task_files.find(task).settings
        by_place[said["dataset_path"], said.get("dataset_name")] = datasets.DatasetDict(
            {split: datasets.Dataset.from_list(rows) for split, rows in splits[task].items()}
        )
    parents = {str(Path(task_files.find(task).chain[-1]).parent) for task in tasks}
    manager = TaskManager(include_defaults=False, include_path=sorted(parents))
    with (
        mock.patch.object(datasets, "load_dataset", lambda path, name=None, **_: by_place[path, name]),
        mock.patch.object(evaluate, "load", side_effect=OSError("no network")),
    ):
        simple_evaluate(
            model, tasks=list(tasks), num_fewshot=shots, limit=limit, task_manager=manager, bootstrap_iters=0,
            log_samples=False, apply_chat_template=bool(folder), fewshot_as_multiturn=multiturn,
        )  # fmt: skip
    return noted
