"""The mini resources: generated economic news, its tokenizers and the tiny stand-in models."""
