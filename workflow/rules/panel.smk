# One model asked with several prompts: its answers beside each row, that it may choose among them, and tables of all ways.


rule list_answers:
    """Write beside each row what a model answered it with several prompts."""
    input:
        rows=of_job(panel.listed_rows),
        answers=of_job(panel.listed_answers),
    output:
        expand(
            "results/{{scale}}/{{study}}/rows/{{listed}}/{{model}}/{{arm}}/seed{{seed}}/{split}.parquet", split=SPLITS
        ),
    log:
        "results/{scale}/logs/list_answers/{study}_{listed}_{model}_{arm}_seed{seed}.log",
    wildcard_constraints:
        listed=panel.pattern(PLAN, "rowset"),
        arm=panel.pattern(PLAN, "arm"),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("list_answers"),
        code=code("list_answers"),
        folder=subpath(output[0], parent=True),
    message:
        "answers beside rows {wildcards.model}/{wildcards.arm}/seed{wildcards.seed}"
    shell:
        "python {params.cli:q} --rows {input.rows} --answers {input.answers} --output-dir {params.folder}"
        " --label {wildcards.model}/{wildcards.arm} --log {log}"


rule tabulate_panel:
    """Count, test and print: one model's prompts by votes and by its own choice, beside votes of several models."""
    input:
        rows=of_job(panel.reported_rows),
        answers=of_job(panel.answers),
    output:
        [shown_table(name) for name in panel_names.NAMES],
        expand(
            "results/{{scale}}/{{study}}/tables/{name}.{ending}",
            name=panel_names.NAMES,
            ending=reports.PLAIN_ENDINGS,
        ),
        statistics="results/{scale}/{study}/panel/statistics.json",
    log:
        "results/{scale}/logs/tabulate_panel/{study}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(30),
    params:
        cli=cli("tabulate_panel"),
        code=code("tabulate_panel"),
        settings=settings_of_job(panel.tabulating),
        files=settings_folder("tabulate_panel/{study}"),
        folder="results/{scale}/{study}",
    message:
        "panel of {wildcards.study}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --rows {input.rows} --output {output.statistics}"
        " --study-dir {params.folder} --log {log}"
