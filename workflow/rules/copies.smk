# Splits: what each way to split a study's rows lets be copied from train, and how likely held-out answers are.


rule compare_splits:
    """Split the rows by row, by question and by answer; count test answers in train, and what the nearest question gives."""
    input:
        of_job(copies.files),
    output:
        document="results/{scale}/{study}/copies.json",
        table=shown_table("copies"),
        tables=expand("results/{{scale}}/{{study}}/tables/copies.{ending}", ending=reports.PLAIN_ENDINGS),
    log:
        "results/{scale}/logs/compare_splits/{study}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(30),
    params:
        cli=cli("compare_splits"),
        code=code("compare_splits"),
        settings=settings_of_job(copies.settings),
        files=settings_folder("compare_splits/{study}"),
        folder=subpath(output.document, parent=True),
    message:
        "splits {wildcards.study}"
    shell:
        "python {params.cli:q} --rows {input} --settings {params.files}/settings.json --output-dir {params.folder}"
        " --label {wildcards.study} --log {log}"


rule measure_perplexity:
    """Measure how likely a model finds the gold answers of held-out rows, under each of its arms; a killed run continues."""
    input:
        prompts=of_job(perplexity.prompts),
        model=of_job(models.files),
        adapters=of_job(perplexity.adapters),
    output:
        lines="results/{scale}/{study}/perplexity/{model}.jsonl",
        record="results/{scale}/{study}/perplexity/{model}.record.json",
    log:
        "results/{scale}/logs/measure_perplexity/{study}_{model}.log",
    wildcard_constraints:
        model=perplexity.pattern(PLAN),
    conda:
        "../../environment.yml"
    threads: LENS["compute"]["threads"]
    resources:
        gpu=LENS["resources"]["gpu"],
        mem_mb=by_attempt(LENS["resources"]["mem_mb"]),
        runtime=LENS["resources"]["runtime"],
    params:
        cli=cli("measure_perplexity"),
        code=code("measure_perplexity"),
        model=settings_of_job(models.settings),
        settings=settings_of_job(perplexity.settings),
        compute=COMPUTE,
        files=settings_folder("measure_perplexity/{study}_{model}"),
    message:
        "perplexity {wildcards.study}/{wildcards.model}"
    shell:
        "python {params.cli:q} --model {params.files}/model.json --settings {params.files}/settings.json"
        " --prompts {input.prompts} --output {output.lines} --record {output.record} --compute {params.compute:q}"
        " --cards {resources.gpu} --label {wildcards.study}/{wildcards.model} --log {log}"


rule tabulate_perplexity:
    """Print the perplexity of held-out gold answers: each arm and split, with intervals over units."""
    input:
        lines=of_job(perplexity.lines),
        rows=of_job(perplexity.row_files),
        train=of_job(perplexity.train_file),
        answers=of_job(perplexity.answers),
    output:
        document="results/{scale}/{study}/perplexity.json",
        table=shown_table("perplexity"),
        tables=expand("results/{{scale}}/{{study}}/tables/perplexity.{ending}", ending=reports.PLAIN_ENDINGS),
    log:
        "results/{scale}/logs/tabulate_perplexity/{study}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("tabulate_perplexity"),
        code=code("tabulate_perplexity"),
        told=settings_of_job(perplexity.told),
        files=settings_folder("tabulate_perplexity/{study}"),
        folder=subpath(output.document, parent=True),
    message:
        "perplexity {wildcards.study}"
    shell:
        "python {params.cli:q} --lines {input.lines} --rows {input.rows} --train {input.train} --answers {input.answers}"
        " --settings {params.files}/told.json --output-dir {params.folder} --label {wildcards.study} --log {log}"
