"""What lies beside an export, and which form is offered."""

from taken_home import family

from kotune.export import usage


def report(form, loses=False, after=0.6):
    score = {
        "metric": "exact_match",
        "before": 0.628,
        "after": after,
        "difference": after - 0.628,
        "low": -0.1,
        "high": -0.02,
    }
    answers = {"rows": 594, "split": "valid", "agreement": 0.564, "score": score, "loses": loses, "asked_again": True}
    answers["limit"] = {"before": 0.0, "after": 0.125}
    told = {"title": "toy", "model": "m", "arm": "a", "seed": 1, "prompt": "p", "base": ["b", "sha256:0"], "vllm": None}
    return {**told, "form": form, "answers": answers, "checks": {"stops": ["</s>"]}}


def test_a_modelfile_sets_room_limit_and_every_stop():
    text = usage.modelfile("model-f16.gguf", family(), ["<|im_end|>", "<|endoftext|>"], 1024, 32, "toy")
    for line in ("FROM ./model-f16.gguf", "PARAMETER num_ctx 1024", "PARAMETER num_predict 32",
                 'PARAMETER stop "<|im_end|>"', 'PARAMETER stop "<|endoftext|>"', "PARAMETER temperature 0"):  # fmt: skip
        assert line in text.splitlines()


def test_room_is_what_the_longest_prompt_needs_and_never_more_than_the_window():
    assert usage.window_for(100, 32, 1024) == 1024
    assert usage.window_for(100, 32, 131072) == 8192
    assert usage.window_for(20000, 32, 131072) == 20032


def test_a_form_that_loses_is_marked_and_not_offered():
    offered, page = usage.listed({"merged": report("merged", True), "gguf-f16": report("gguf-f16")})
    assert offered == "gguf-f16"
    merged, gguf = page.splitlines()[-2:]
    assert "**loses more than its noise**" in merged and "take this one" in gguf and "56.4 %" in gguf


def test_where_every_form_loses_none_is_offered():
    offered, page = usage.listed({"merged": report("merged", True)})
    assert offered is None and "none is offered" in page


def test_a_page_says_what_it_loses():
    page = usage.page("gguf-q8_0", report("gguf-q8_0", True, 0.451), "bfloat16")
    assert "exact_match 62.8 before, 45.1 after (-17.7 [-10.0, -2.0])" in page
    assert "**It loses more than its noise: take another file.**" in page
    assert "0.0 % before, 12.5 % after" in page


def test_an_adapter_of_another_precision_is_not_given_to_vllm():
    assert "serve `merged`" in usage.page("adapter", report("adapter"), "bfloat16")
    line = usage.vllm_line("adapter", "bfloat16", 1024, "org/base", 16)
    assert "vllm serve org/base" in line and "--max-lora-rank 16" in line


def test_a_merged_model_has_16_bits_of_the_scale_s_kind_or_bfloat16():
    assert [usage.half(name) for name in ("float16", "bfloat16", "float32", None)] == ["float16", *["bfloat16"] * 3]
