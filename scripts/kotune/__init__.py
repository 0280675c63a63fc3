"""kotune: choose and tune a Korean language model, reproducibly.

The modules follow the flow of a study, and each imports only modules above it in this list:
errors, storage, relay, console, failures, records, code_hash, catalogue, bundles, sources, data, hub, hub_files,
hub_lock, hub_models, hub_rows, origins, studies, needs, families, prompts, prompt_view, models, encoding, recipes,
checkpoints, tracking, completion_trainer, training, answer_parts, generation, metrics, similarity, ensembles,
statistics, selection, submission, reporting, report_inputs, numbers, gathering, effort, contributions, cleanup,
published, findings, escaping, tables, table_files, setup_tables, result_tables, quoted_tables, figure_style, figures,
paper. Beside them stands `mini`, which makes the bundled rows and models and is imported by no study.
"""
