# Input functions of the choice; no rules. What other stages use, too, stands in common.smk.


def census_prompts_folder(wildcards, model):
    """Return the folder of the prompts that a candidate answers before it is tuned."""
    arm = study_of(wildcards).arms[BASE]
    return under(wildcards, f"prompts/{model}/{arm['rowset']}/{arm['prompt']}")


def census_splits(wildcards):
    return [split for split in study_of(wildcards).splits if split != "submission"]


def census_rows(wildcards):
    return rows_of(wildcards, census_splits(wildcards))


def census_prompts(wildcards):
    return [
        f"{census_prompts_folder(wildcards, model)}/{split}.parquet"
        for model in study_of(wildcards).models
        for split in census_splits(wildcards)
    ]


def census_tokenizers(wildcards):
    return [
        path
        for model in study_of(wildcards).models
        for path in tokenizer_file(SimpleNamespace(study=wildcards.study, model=model))
    ]


def census_models(wildcards):
    """Return each candidate with its window, its tokenizer's folder and the prompts that it answers."""
    return as_json(
        [
            {
                "name": name,
                "path": beside(model["path"]),
                "context_window": model["context_window"],
                "prompts": census_prompts_folder(wildcards, name),
            }
            for name, model in study_of(wildcards).models.items()
        ]
    )


def census_settings(wildcards):
    study = study_of(wildcards)
    texts = list(study.task.columns(study.reasoning)[1:])
    return as_json({**study.settings["census"], "reserve": wording.new_tokens(study), "text_columns": texts})


def candidates_answers(wildcards):
    return [
        under(wildcards, f"answers/{model}/{arm}/seed{seed}.jsonl")
        for model, arm, seed in study_of(wildcards).candidates_treatments()
    ]


def compared_embedders(study):
    """Return the settings of each embedder that a study compares, the first being its own."""
    return [embedder_of(study, one) for one in study.embedders]


def compared_embedders_files(wildcards):
    return [f"{one['path']}/snapshot.json" for one in compared_embedders(study_of(wildcards)) if "path" in one]


def embedders_settings(wildcards):
    study = study_of(wildcards)
    return as_json(
        {
            "embedders": compared_embedders(study),
            "cache": f"{RESULTS}/embeddings",
            "gold": study.task.gold,
            **skipped_splits(study),
        }
    )


def embedders_answers(wildcards):
    """Return, as JSON, each candidate with the file of its answers before tuning."""
    answers = zip(study_of(wildcards).candidates_treatments(), candidates_answers(wildcards), strict=True)
    return as_json([{"model": model, "path": path} for (model, _, _), path in answers])


def curve_files(wildcards):
    """Return the curve of each training of a study."""
    return [
        under(wildcards, f"adapters/{model}/{arm}/seed{seed}/curve.jsonl")
        for model, arm, seed in study_of(wildcards).treatments()
        if arm != BASE
    ]


def choice_tables():
    """Return the tables of a choice that report.html shows, each with its caption."""
    return [shown_table(table) for table in reporting.CHOICE_TABLES]


def choice_figure():
    return [shown_figure("census")]
