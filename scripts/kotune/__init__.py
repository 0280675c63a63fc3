"""kotune: choose and tune a Korean language model, reproducibly.

The modules follow the flow of a study, and each imports only modules above it in this list:
errors, storage, console, records, code_hash, catalogue, sources, data, studies, families, prompts, models, tracking,
training, generation, metrics, similarity, ensembles, statistics, selection, numbers, tables, figures, paper.
"""
