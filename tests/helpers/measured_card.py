"""The card, the model and the rows of config/speed/h200.yaml, as tests of the cost model take them."""

from checkout import ROOT

from kotune.core.catalogue import read_yaml
from kotune.cost import row_lengths, shapes
from kotune.cost.cards import cards_of

POINTS = read_yaml(ROOT / "config/speed/h200.yaml")
CONSTANTS = read_yaml(ROOT / "config/cost-model.yaml")
CATALOGUE = read_yaml(ROOT / "config/cards.yaml")
CARDS = cards_of(CATALOGUE)
CARD = CARDS[POINTS["card"]]
LLAMA = shapes.shape_of(POINTS, "config/speed/h200.yaml")
ALL = tuple(POINTS["lora_targets"])
ROWS = row_lengths.of_law(POINTS["training_rows"], POINTS["training_rows"]["count"], 0)
PLAN = shapes.Plan("padded", True, 16, ALL, batch=4, accumulation=4)
