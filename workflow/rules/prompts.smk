# Prompts: how a row becomes text for a model, for training and for answering alike.


rule render_prompts:
    """Render every row of a rowset as one model will read it, and count its tokens."""
    input:
        rows=expand("results/{{scale}}/{{study}}/rows/{{rowset}}/{split}.parquet", split=SPLITS),
        tokenizer=tokenizer_file,
        selection=selection_file,
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
        model=model_json,
        prompt=prompt_json,
        families=family_json,
        room=room_for_prompt,
        selection=selection_option,
        folder=subpath(output.summary, parent=True),
    message:
        "prompts {wildcards.model}/{wildcards.prompt}"
    shell:
        "python {params.cli} --model {params.model:q} --prompt {params.prompt:q} --families {params.families:q}"
        " --rows {input.rows} --max-tokens {params.room:q} {params.selection} --output-dir {params.folder}"
        " --label {wildcards.model}/{wildcards.prompt} --log {log}"
