# Prompts: how a row becomes text for a model, for training and for answering alike.


rule render_prompts:
    """Render every row of a rowset as one model will read it, and count its tokens."""
    input:
        rows=of_job(prompts.rows),
        tokenizer=of_job(models.tokenizer_files),
        selected=of_job(prompts.selected_file),
        embedder=of_job(prompts.embedder_file),
    output:
        prompts=expand(
            "results/{{scale}}/{{study}}/prompts/{{model}}/{{rowset}}/{{prompt}}/{split}.parquet", split=SPLITS
        ),
        summary="results/{scale}/{study}/prompts/{model}/{rowset}/{prompt}/prompts.json",
    log:
        "results/{scale}/logs/render_prompts/{study}_{model}_{rowset}_{prompt}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("render_prompts"),
        code=code("render_prompts"),
        settings=settings_of_job(prompts.rendering),
        files=settings_folder("render_prompts/{study}_{model}_{rowset}_{prompt}"),
        settings_file=own_or_selected(
            settings_folder("render_prompts/{study}_{model}_{rowset}_{prompt}/settings.json"), prompts.rendering_part
        ),
        folder=subpath(output.summary, parent=True),
    message:
        "prompts {wildcards.model}/{wildcards.prompt}"
    shell:
        "python {params.cli:q} --settings {params.settings_file} --rows {input.rows} --output-dir {params.folder}"
        " --label {wildcards.model}/{wildcards.prompt} --log {log}"
