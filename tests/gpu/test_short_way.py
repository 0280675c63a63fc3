"""On a GPU, in 16 bits, the loss of the positions that have one is the loss that TRL finds among all of them."""

import pytest
import torch
from small_model import SETTINGS
from small_training import built

GEMMA3 = {**SETTINGS, "family": "gemma3", "architecture": "Gemma3ForCausalLM"}
WAYS = {"padded": {}, "packed": {"packing": True, "max_length": 1024}}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("model", [SETTINGS, GEMMA3], ids=["llama", "gemma3"])
def test_the_short_way_gives_trls_loss_and_gradients(tmp_path, model, way, monkeypatch):
    trainer = built(tmp_path, {"layers": "plain"}, {**way, "max_steps": 1}, None, model=model).trainer
    batch = trainer._prepare_inputs(next(iter(trainer.get_train_dataloader())))
    tuned = [one for one in trainer.model.parameters() if one.requires_grad]
    assert trainer.short_way()
    found = []
    for short in (True, False):
        monkeypatch.setattr(trainer, "short_way", lambda short=short: short)
        with trainer.accelerator.autocast():  # as a training has it around the whole model
            loss = trainer.compute_loss(trainer.model, dict(batch))
        grads = torch.autograd.grad(loss, tuned)
        found.append((loss.item(), torch.cat([one.flatten() for one in grads])))
    (loss, grads), (trls, theirs) = found
    assert loss == pytest.approx(trls, rel=1e-3)
    assert torch.nn.functional.cosine_similarity(grads, theirs, dim=0) > 0.999
