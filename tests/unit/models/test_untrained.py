"""The untrained twin has the shape of its model and nothing of its weights."""

import torch

from kotune.core.names import ROOT
from kotune.models import loading, untrained

COMPUTE = {"device": "cpu", "threads": 1}


def test_a_twin_has_the_models_shape_and_weights_by_its_seed():
    for name in ("tiny-llama3", "tiny-gemma2"):
        model = {"path": str(ROOT / "resources/mini/models" / name)}
        real = loading.load_model(model, None, COMPUTE).model
        one, again, other = (untrained.twin(model, seed, COMPUTE).model for seed in (1, 1, 2))
        shapes = {name: (tensor.shape, tensor.dtype) for name, tensor in real.state_dict().items()}
        assert {name: (tensor.shape, tensor.dtype) for name, tensor in one.state_dict().items()} == shapes
        weights = [made.get_input_embeddings().weight for made in (one, again, other, real)]
        assert torch.equal(weights[0], weights[1])
        assert not torch.equal(weights[0], weights[2])
        assert not torch.equal(weights[0], weights[3])
        assert not one.training
        made = one(input_ids=torch.tensor([[5, 6, 7]])).logits
        assert torch.isfinite(made).all()
