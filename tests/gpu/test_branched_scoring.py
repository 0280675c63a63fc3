"""On a GPU, in 16 bits, shared texts that are read once give the sums that each text alone gives, within the type."""

import pytest
import torch

from kotune.harness.likelihoods import Scorer
from kotune.harness.token_ids import Asked

SHAPES = {
    "Llama": {"head_dim": 64},
    "Gemma3": {"head_dim": 256, "sliding_window": 16, "layer_types": ["sliding_attention", "full_attention"]},
}


def model_of(architecture: str):
    import transformers

    name = "Gemma3TextConfig" if architecture == "Gemma3" else f"{architecture}Config"
    config = getattr(transformers, name)(
        vocab_size=997, hidden_size=256, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=512, max_position_embeddings=512, **SHAPES[architecture],
    )  # fmt: skip
    torch.manual_seed(1)
    return getattr(transformers, f"{architecture}ForCausalLM")(config).to("cuda", torch.bfloat16).eval()


def asked() -> list[Asked]:
    generator = torch.Generator().manual_seed(5)

    def ids(count: int) -> list[int]:
        return torch.randint(6, 997, (count,), generator=generator).tolist()

    shots = ids(150)
    made = []
    for number in range(24):
        context = [*shots, *ids(3 + number)] if number % 2 else ids(1 + 5 * number)
        made.append(Asked(context, [ids(1), ids(3), ids(2 + number)], [(number, place) for place in range(3)]))
    return made


@pytest.mark.parametrize("architecture", SHAPES)
@pytest.mark.parametrize("tokens", [16384, 600])
def test_sums_are_those_of_each_text_alone_in_float32(architecture, tokens):
    model = model_of(architecture)
    scorer = Scorer(model, tokens=tokens)
    assert scorer.way == "branched"
    made = {one.owner: one for some in scorer.score(scorer.passes(asked()), exact=True) for one in some}
    whole = model_of(architecture).float()
    for one in asked():
        for owner, back in zip(one.owners, one.continuations, strict=True):
            with torch.no_grad():
                logits = whole(input_ids=torch.tensor([[*one.context, *back]], device="cuda")).logits[0]
            chances = logits.log_softmax(-1)[len(one.context) - 1 : -1]
            wanted = chances.gather(1, torch.tensor(back, device="cuda")[:, None]).sum().item()
            assert made[owner].sum == pytest.approx(wanted, abs=0.02 * len(back) + 0.02)
