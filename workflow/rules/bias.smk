# Questions on social groups (KoBBQ): what is asked, and tables. A model's sums are scored as those of the harness's tasks.


rule build_bias_requests:
    """Write what a model is asked: each item, its choices listed in all orders or not at all."""
    input:
        of_job(bias.files),
    output:
        "results/{scale}/{study}/harness/{evaluation}/{model}/requests.jsonl",
    log:
        "results/{scale}/logs/build_bias_requests/{study}_{evaluation}_{model}.log",
    wildcard_constraints:
        evaluation=bias.pattern(PLAN),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(10),
    params:
        cli=cli("build_bias_requests"),
        code=code("build_bias_requests"),
        settings=settings_of_job(bias.building),
        files=settings_folder("build_bias_requests/{study}_{evaluation}_{model}"),
    message:
        "requests {wildcards.model}/{wildcards.evaluation}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json"
        " --output {output} --label {wildcards.model}/{wildcards.evaluation} --log {log}"


rule tabulate_bias:
    """Count, test and print: accuracies and bias scores over floors, what tuning changed, what the order changes."""
    input:
        requests=of_job(harness.requests),
        records=of_job(harness.records),
        selected=of_job(harness.chosen),
    output:
        [
            in_report(
                f"results/{{scale}}/{{study}}/tables/{name}.html",
                caption="../report/table-bias.rst",
                category="{study}",
                subcategory="Tables",
                labels={"table": name},
            )
            for name in bias_names.table_names("{evaluation}")
        ],
        expand(
            "results/{{scale}}/{{study}}/tables/{name}.{ending}",
            name=bias_names.table_names("{evaluation}"),
            ending=reports.PLAIN_ENDINGS,
        ),
        statistics="results/{scale}/{study}/harness/{evaluation}/statistics.json",
    log:
        "results/{scale}/logs/tabulate_bias/{study}_{evaluation}.log",
    wildcard_constraints:
        evaluation=bias.pattern(PLAN),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(60),
    params:
        cli=cli("tabulate_bias"),
        code=code("tabulate_bias"),
        settings=settings_of_job(bias.tabulating),
        files=settings_folder("tabulate_bias/{study}_{evaluation}"),
        selected=option("--selected", harness.chosen),
        harness_folder=subpath(output.statistics, parent=True),
        folder=lambda wildcards: f"results/{wildcards.scale}/{wildcards.study}",
    message:
        "bias {wildcards.study}/{wildcards.evaluation}"
    shell:
        "python {params.cli:q} --folder {params.harness_folder} --settings {params.files}/settings.json {params.selected}"
        " --output {output.statistics} --study-dir {params.folder} --log {log}"
