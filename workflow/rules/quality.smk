# Quality: rows are rated once, and rowsets choose among them; what ratings are worth.


rule rate_rows:
    """Rate a rowset's train rows: educational value by a regressor on embeddings, features by rules, near-duplicates."""
    input:
        rows=lambda wildcards: quality.rating_files(PLAN, wildcards)[0],
        beside=lambda wildcards: quality.rating_files(PLAN, wildcards)[1:],
    output:
        ratings="results/{scale}/{study}/quality/ratings.parquet",
        document="results/{scale}/{study}/quality/ratings.json",
    log:
        "results/{scale}/logs/rate_rows/{study}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(3000),
        runtime=by_attempt(60),
    params:
        cli=cli("rate_rows"),
        code=code("rate_rows"),
        settings=settings_of_job(quality.rating),
        files=settings_folder("rate_rows/{study}"),
    message:
        "ratings {wildcards.study}"
    shell:
        "python {params.cli:q} --rows {input.rows} --settings {params.files}/settings.json --ratings {output.ratings}"
        " --document {output.document} --label {wildcards.study} --log {log}"


rule measure_difficulty:
    """Measure the base model's loss of each answer with its instruction and without: how hard it is to follow."""
    input:
        prompts=of_job(quality.measured_prompts),
        model=of_job(quality.model_files),
    output:
        difficulties="results/{scale}/{study}/quality/{model}/ifd.jsonl",
        record="results/{scale}/{study}/quality/{model}/ifd.record.json",
    log:
        "results/{scale}/logs/measure_difficulty/{study}_{model}.log",
    wildcard_constraints:
        model=quality.measuring_pattern(PLAN),
    conda:
        "../../environment.yml"
    threads: LENS["compute"]["threads"]
    resources:
        gpu=LENS["resources"]["gpu"],
        mem_mb=by_attempt(LENS["resources"]["mem_mb"]),
        runtime=LENS["resources"]["runtime"],
    params:
        cli=cli("measure_difficulty"),
        code=code("measure_difficulty"),
        model=settings_of_job(models.settings),
        settings=settings_of_job(quality.measuring),
        compute=COMPUTE,
        files=settings_folder("measure_difficulty/{study}_{model}"),
    message:
        "difficulty {wildcards.study}/{wildcards.model}"
    shell:
        "python {params.cli:q} --model {params.files}/model.json --settings {params.files}/settings.json"
        " --prompts {input.prompts} --output {output.difficulties} --record {output.record} --compute {params.compute:q}"
        " --cards {resources.gpu} --label {wildcards.study}/{wildcards.model} --log {log}"


rule choose_rows:
    """Make a rowset of another one's rows: those that pass a filter, so many by a method, and other data sets' rows."""
    input:
        rows=of_job(quality.chosen_rows),
        ratings=of_job(quality.ratings),
        difficulties=of_job(quality.difficulties),
        added=of_job(quality.added_files),
    output:
        rows=expand("results/{{scale}}/{{study}}/rows/{{chosen}}/{split}.parquet", split=SPLITS),
        audit="results/{scale}/{study}/rows/{chosen}/audit.json",
    log:
        "results/{scale}/logs/choose_rows/{study}_{chosen}.log",
    wildcard_constraints:
        chosen=quality.pattern(PLAN),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(30),
    params:
        cli=cli("choose_rows"),
        code=code("choose_rows", also=data.task_module),
        settings=settings_of_job(quality.choosing),
        files=settings_folder("choose_rows/{study}_{chosen}"),
        of=of_job(quality.chosen_folder),
        ratings=option("--ratings", quality.ratings),
        difficulties=option("--difficulties", quality.difficulties),
        folder=subpath(output.audit, parent=True),
    message:
        "rows {wildcards.study}/{wildcards.chosen}"
    shell:
        "python {params.cli:q} --rows {params.of} --settings {params.files}/settings.json {params.ratings}"
        " {params.difficulties} --output-dir {params.folder} --label {wildcards.study}/{wildcards.chosen} --log {log}"


rule tabulate_quality:
    """Print how far ratings may be believed, what rules find, and what is chosen by them: tables and figure."""
    input:
        of_job(quality.tabulated),
    output:
        [shown_table(table) for table in quality_names.TABLES],
        tables=expand(
            "results/{{scale}}/{{study}}/tables/{table}.{ending}",
            table=quality_names.TABLES,
            ending=reports.PLAIN_ENDINGS,
        ),
        figure=shown_figure("quality"),
        figures="results/{scale}/{study}/figures/quality.png",
    log:
        "results/{scale}/logs/tabulate_quality/{study}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(10),
    params:
        cli=cli("tabulate_quality"),
        code=code("tabulate_quality"),
        settings=settings_of_job(quality.tabulating),
        files=settings_folder("tabulate_quality/{study}"),
        folder=subpath(output.figure, ancestor=2),
    message:
        "tables of the ratings {wildcards.study}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --output-dir {params.folder}"
        " --label {wildcards.study} --log {log}"
