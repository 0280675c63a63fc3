"""Packed attention gives each row what it gets alone, with windows and with capped logits."""

import pytest
import torch

from kotune.core.errors import UserError
from kotune.layers import attention as varlen_attention
from kotune.layers.attention import Packed, by_rows

LENGTHS = (7, 12, 5)


def gemma2(attention: str):
    import transformers

    config = transformers.Gemma2Config(
        vocab_size=97, hidden_size=32, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2, head_dim=8,
        intermediate_size=64, max_position_embeddings=64, sliding_window=4, attn_logit_softcapping=2.0,
        final_logit_softcapping=30.0, query_pre_attn_scalar=8, attn_implementation=attention,
    )  # fmt: skip
    torch.manual_seed(1)
    model = transformers.Gemma2ForCausalLM(config).eval()
    for name, parameter in model.named_parameters():
        if "q_proj" in name:
            parameter.data *= 20  # so that the cap bends something
    return model


def packed_logits(model, rows):
    starts = torch.tensor([0, *LENGTHS]).cumsum(0).to(torch.int32)
    positions = torch.cat([torch.arange(length) for length in LENGTHS])[None]
    return model(
        input_ids=torch.cat(rows)[None], position_ids=positions, use_cache=False, cu_seq_lens_q=starts,
        cu_seq_lens_k=starts, max_length_q=max(LENGTHS), max_length_k=max(LENGTHS),
    ).logits[0]  # fmt: skip


def test_packed_rows_with_capped_logits_and_windows_are_what_they_are_alone():
    varlen_attention.register()
    generator = torch.Generator().manual_seed(3)
    rows = [torch.randint(0, 97, (length,), generator=generator) for length in LENGTHS]
    eager = gemma2("eager")
    alone = torch.cat([eager(input_ids=row[None], use_cache=False).logits[0] for row in rows])
    torch.testing.assert_close(packed_logits(gemma2(varlen_attention.NAME), rows), alone, rtol=1e-4, atol=1e-5)
    uncapped = gemma2("eager")
    for layer in uncapped.model.layers:
        layer.self_attn.attn_logit_softcapping = None
    plain = torch.cat([uncapped(input_ids=row[None], use_cache=False).logits[0] for row in rows])
    assert not torch.allclose(plain, alone, atol=1e-3), "the cap should matter in this test"


def test_padded_rows_with_capped_logits_are_refused_in_one_line():
    varlen_attention.register()
    with pytest.raises(UserError, match="set packing to false in the recipe"):
        gemma2(varlen_attention.NAME)(input_ids=torch.ones(2, 4, dtype=torch.long), use_cache=False)


@pytest.mark.parametrize("window", [None, 3])
def test_a_cap_that_is_far_away_changes_nothing(window):
    generator = torch.Generator().manual_seed(2)
    q, k, v = (torch.randn(sum(LENGTHS), heads, 8, generator=generator) for heads in (4, 2, 2))
    packed = Packed(torch.tensor([0, *LENGTHS]).cumsum(0).to(torch.int32), max(LENGTHS))
    plain = by_rows(q, k, v, packed, 0.3, window)
    torch.testing.assert_close(by_rows(q, k, v, packed, 0.3, window, 1e4), plain, rtol=1e-4, atol=1e-4)
