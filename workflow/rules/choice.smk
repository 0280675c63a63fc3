# Choice: what the candidates' tokenizers make of the rows, how the candidates compare, which model is selected, and what
# other choices would say.


rule count_tokens:
    """Count what each candidate's tokenizer makes of the rows, and which rows its window holds."""
    input:
        rows=of_job(choice.census_rows),
        prompts=of_job(choice.census_prompts),
        tokenizers=of_job(choice.census_tokenizers),
    output:
        "results/{scale}/{study}/census.json",
    log:
        "results/{scale}/logs/count_tokens/{study}.log",
    conda:
        "../../environment.yml"
    threads: 1 if LENS.get("stand_ins") else 16
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(30),
    params:
        cli=cli("count_tokens"),
        code=code("count_tokens"),
        models=settings_of_job(choice.census_models),
        settings=settings_of_job(choice.census),
        files=settings_folder("count_tokens/{study}"),
    message:
        "census {wildcards.study}"
    shell:
        "python {params.cli:q} --models {params.files}/models.json --rows {input.rows} --settings {params.files}/settings.json"
        " --cache results/{wildcards.scale}/tokens --threads {threads} --output {output}"
        " --label {wildcards.study} --log {log}"


rule compare_embedders:
    """Score the candidates' answers by each embedder, and say how far the embedders agree on who is better."""
    input:
        answers=of_job(choice.candidates_answers),
        rows=of_job(scores.evaluation_rows),
        embedders=of_job(choice.embedders_files),
    output:
        "results/{scale}/{study}/embedders.json",
    log:
        "results/{scale}/logs/compare_embedders/{study}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(60),
    params:
        cli=cli("compare_embedders"),
        code=code("compare_embedders"),
        answers=settings_of_job(choice.embedders_answers),
        settings=settings_of_job(choice.embedders),
        files=settings_folder("compare_embedders/{study}"),
    message:
        "embedders {wildcards.study}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --answers {params.files}/answers.json"
        " --rows {input.rows} --output {output} --label {wildcards.study} --log {log}"


rule select_model:
    """Rank the models on the valid split and name the winner by the study's rule, with the reasons."""
    input:
        statistics=of_job(choice.statistics_file),
        census=of_job(choice.census_file),
    output:
        "results/{scale}/{study}/selection.json",
    log:
        "results/{scale}/logs/select_model/{study}.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("select_model"),
        code=code("select_model"),
        settings=settings_of_job(choice.selection),
        files=settings_folder("select_model/{study}"),
        census=option("--census", choice.census_file),
    message:
        "selection {wildcards.study}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --statistics {input.statistics} {params.census}"
        " --output {output} --log {log}"


rule resolve_selected:
    """Take a part of the settings of the model that was selected, where the study tunes it, out of its candidates'."""
    input:
        "results/{scale}/{study}/selection.json",
    output:
        "results/{scale}/{study}/selected/{part}.json",
    log:
        "results/{scale}/logs/resolve_selected/{study}_{part}.log",
    wildcard_constraints:
        part=models.PARTS,
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("resolve_selected"),
        code=code("resolve_selected"),
        candidates=settings_of_job(choice.selected),
        files=settings_folder("resolve_selected/{study}_{part}"),
    message:
        "selected {wildcards.study}/{wildcards.part}"
    shell:
        "python {params.cli:q} --selection {input} --candidates {params.files}/candidates.json --output {output} --log {log}"


rule make_choice_tables:
    """Make the tables and the figure that show how the choice was made, what else could have won, and the training."""
    input:
        census="results/{scale}/{study}/census.json",
        embedders="results/{scale}/{study}/embedders.json",
        selection="results/{scale}/{study}/selection.json",
        curves=of_job(choice.curve_files),
    output:
        [shown_table(table) for table in contents.CHOICE_TABLES],
        expand(
            "results/{{scale}}/{{study}}/tables/{table}.{ending}",
            table=contents.CHOICE_TABLES,
            ending=reports.PLAIN_ENDINGS,
        ),
        shown_figure("census"),
        "results/{scale}/{study}/figures/census.png",
    log:
        "results/{scale}/logs/make_choice_tables/{study}.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("make_choice_tables"),
        code=code("make_choice_tables"),
        folder=lambda wildcards: f"results/{wildcards.scale}/{wildcards.study}",
        settings=settings_of_job(reports.of_study),
        files=settings_folder("make_choice_tables/{study}"),
    message:
        "choice {wildcards.study}"
    shell:
        "python {params.cli:q} --study-dir {params.folder} --settings {params.files}/settings.json --census {input.census}"
        " --embedders {input.embedders} --selection {input.selection} --log {log}"
