# Tasks of lm-evaluation-harness: their data, the requests that they make, a model's sums for these, tables. Of what lies beside
# an output, in a folder a task or an arm, the output says the SHA-256: it is written last.


rule prepare_benchmark:
    """Bring the data of an evaluation's tasks into the layout that their task files expect, and count what leaks."""
    input:
        of_job(harness.data_files),
    output:
        "results/{scale}/{study}/harness/{evaluation}/data/audit.json",
    log:
        "results/{scale}/logs/prepare_benchmark/{study}_{evaluation}.log",
    wildcard_constraints:
        evaluation=harness.pattern(PLAN),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(15),
    params:
        cli=cli("prepare_benchmark"),
        code=code("prepare_benchmark"),
        settings=settings_of_job(harness.preparing),
        files=settings_folder("prepare_benchmark/{study}_{evaluation}"),
        folder=subpath(output[0], parent=True),
    message:
        "benchmark {wildcards.study}/{wildcards.evaluation}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --output-dir {params.folder}"
        " --label {wildcards.study}/{wildcards.evaluation} --log {log}"


rule build_requests:
    """Write what a model is asked: each item with its shots, in the words of the harness, under each protocol."""
    input:
        audit="results/{scale}/{study}/harness/{evaluation}/data/audit.json",
        tokenizer=of_job(harness.tokenizer_files),
    output:
        "results/{scale}/{study}/harness/{evaluation}/{model}/requests.jsonl",
    log:
        "results/{scale}/logs/build_requests/{study}_{evaluation}_{model}.log",
    wildcard_constraints:
        evaluation=harness.pattern(PLAN),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(3000),
        runtime=by_attempt(30),
    params:
        cli=cli("build_requests"),
        code=code("build_requests"),
        settings=settings_of_job(harness.building),
        model=settings_of_job(harness.template_model),
        files=settings_folder("build_requests/{study}_{evaluation}_{model}"),
        model_option=of_job(
            harness.model_option, settings_folder("build_requests/{study}_{evaluation}_{model}/model.json")
        ),
        data=subpath(input.audit, parent=True),
    message:
        "requests {wildcards.model}/{wildcards.evaluation}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json {params.model_option} --data {params.data}"
        " --output {output} --label {wildcards.model}/{wildcards.evaluation} --log {log}"


rule score_requests:
    """Score every continuation with one model, under each of its arms and seeds; a killed run continues."""
    input:
        requests="results/{scale}/{study}/harness/{evaluation}/{model}/requests.jsonl",
        model=of_job(models.files),
        adapters=of_job(harness.adapters),
        selected=of_job(harness.selected_file),
    output:
        "results/{scale}/{study}/harness/{evaluation}/{model}/record.json",
    log:
        "results/{scale}/logs/score_requests/{study}_{evaluation}_{model}.log",
    wildcard_constraints:
        evaluation=bias.scored_pattern(PLAN),
    conda:
        "../../environment.yml"
    threads: LENS["compute"]["threads"]
    resources:
        gpu=LENS["resources"]["gpu"],
        mem_mb=by_attempt(LENS["resources"]["mem_mb"]),
        runtime=LENS["resources"]["runtime"],
    params:
        cli=cli("score_requests"),
        code=code("score_requests"),
        model=settings_of_job(models.settings),
        settings=settings_of_job(harness.scoring),
        compute=COMPUTE,
        files=settings_folder("score_requests/{study}_{evaluation}_{model}"),
        model_file=own_or_selected(
            settings_folder("score_requests/{study}_{evaluation}_{model}/model.json"), models.model_part
        ),
        folder=subpath(output[0], parent=True),
    message:
        "sums {wildcards.model}/{wildcards.evaluation}"
    shell:
        "python {params.cli:q} --model {params.model_file} --settings {params.files}/settings.json"
        " --requests {input.requests} --folder {params.folder} --record {output} --compute {params.compute:q}"
        " --cards {resources.gpu} --label {wildcards.model}/{wildcards.evaluation} --log {log}"


rule tabulate_harness:
    """Count, test and print: accuracies over floors, what tuning broke, published beside clean, what leaks."""
    input:
        audit="results/{scale}/{study}/harness/{evaluation}/data/audit.json",
        requests=of_job(harness.requests),
        records=of_job(harness.records),
        selected=of_job(harness.chosen),
    output:
        [
            in_report(
                f"results/{{scale}}/{{study}}/tables/{name}.html",
                caption="../report/table-harness.rst",
                category="{study}",
                subcategory="Tables",
                labels={"table": name.replace("harness-", "", 1)},
            )
            for name in harness_names.table_names("{evaluation}")
        ],
        expand(
            "results/{{scale}}/{{study}}/tables/{name}.{ending}",
            name=harness_names.table_names("{evaluation}"),
            ending=reports.PLAIN_ENDINGS,
        ),
        in_report(
            "results/{scale}/{study}/figures/harness-{evaluation}.svg",
            caption="../report/figure-harness.rst",
            category="{study}",
            subcategory="Figures",
            labels={"figure": "harness {evaluation}"},
        ),
        "results/{scale}/{study}/figures/harness-{evaluation}.png",
        statistics="results/{scale}/{study}/harness/{evaluation}/statistics.json",
    log:
        "results/{scale}/logs/tabulate_harness/{study}_{evaluation}.log",
    wildcard_constraints:
        evaluation=harness.pattern(PLAN),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(60),
    params:
        cli=cli("tabulate_harness"),
        code=code("tabulate_harness"),
        settings=settings_of_job(harness.tabulating),
        files=settings_folder("tabulate_harness/{study}_{evaluation}"),
        selected=option("--selected", harness.chosen),
        harness_folder=subpath(output.statistics, parent=True),
        folder=lambda wildcards: f"results/{wildcards.scale}/{wildcards.study}",
    message:
        "harness {wildcards.study}/{wildcards.evaluation}"
    shell:
        "python {params.cli:q} --folder {params.harness_folder} --settings {params.files}/settings.json {params.selected}"
        " --output {output.statistics} --study-dir {params.folder} --log {log}"
