"""Names that files, columns and settings agree on: the root, splits, columns, and what replaces a model or an arm.

Reads and writes nothing.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]  # of the repository

TRAIN, VALID, TEST, SUBMISSION = "train", "valid", "test", "submission"
SEEN = "test-seen"  # other questions on texts that are trained on; `test` then holds texts that were never seen
UNSEEN = "test-unseen"  # kinds of rows that were never trained on; `test` then holds other rows of the kinds trained on
EVALUATED = (VALID, TEST, SEEN, UNSEEN)
SPLITS = (TRAIN, *EVALUATED, SUBMISSION)

SPANS = "spans"  # of a prompt, in tokens: where the assistant spoke in the turns before the question
ANSWER, REASONING = "answer", "cot_answer"  # the columns of what is learned, where a task names no others
GOLDS = "golds"  # the column of all gold answers, the learned one first; only where a row has more than one
UNIT = "article"  # the column of what keeps rows in one split, whatever a task calls it in print

BASE = "base"  # the arm that is not tuned
ENSEMBLE = "ensemble"  # stands where a model would: answers made from several models' answers
SELECTED = "selected"  # stands for a model: the one that selection.json ranks first

OWN = "own"  # the evaluation that a study's own rows are

NOT_ASKED = "excluded"  # finish_reason of a row that a model could not be asked; its answer is empty
# what becomes of such rows (`overlong` of a study): 0 for whoever was not asked, or left out for everybody
OVERLONG = ZERO, LEAVE_OUT = "zero", "leave_out"

METHODS = "kotune.training.methods"  # the package with one module for each method of training
TRAINING_ENGINES = "kotune.training.engines"  # the package with one module for each engine besides TRL
METHOD = "sft"  # of a recipe that names none
REWARDED = "rewarded"  # of a recipe as a job is told it: what an answer earns (`training.rewards`)
REDRAW = "redraw"  # of a recipe as a job is told it: which parts of a mixture each epoch draws again
