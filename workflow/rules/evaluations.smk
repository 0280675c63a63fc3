# Evaluations: what arms are asked besides their study's own rows. Rows, prompts, answers and scores are made by the rules
# of those; compare_scores writes evaluations/{evaluation}.json. Here each becomes a table and a figure.


rule tabulate_evaluation:
    """Make one evaluation's table and figure: what each arm scored, and the difference to the base."""
    input:
        statistics="results/{scale}/{study}/evaluations/{evaluation}.json",
        answers=of_job(scores.answers),
        scores=of_job(scores.files),
        selected=of_job(scores.selected_file),
    output:
        in_report(
            "results/{scale}/{study}/tables/evaluation-{evaluation}.html",
            caption="../report/table-evaluation.rst",
            category="{study}",
            subcategory="Tables",
            labels={"table": "evaluation {evaluation}"},
        ),
        expand(
            "results/{{scale}}/{{study}}/tables/evaluation-{{evaluation}}.{ending}",
            ending=reports.PLAIN_ENDINGS,
        ),
        in_report(
            "results/{scale}/{study}/figures/evaluation-{evaluation}.svg",
            caption="../report/figure-evaluation.rst",
            category="{study}",
            subcategory="Figures",
            labels={"figure": "evaluation {evaluation}"},
        ),
        "results/{scale}/{study}/figures/evaluation-{evaluation}.png",
    log:
        "results/{scale}/logs/tabulate_evaluation/{study}_{evaluation}.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("tabulate_evaluation"),
        code=code("tabulate_evaluation"),
        labels=settings_of_job(scores.labels),
        settings=settings_of_job(reports.of_evaluation),
        files=settings_folder("tabulate_evaluation/{study}_{evaluation}"),
        folder=lambda wildcards: f"results/{wildcards.scale}/{wildcards.study}",
        answers=of_job(scores.answers_folder),
        scores=of_job(scores.folder),
    message:
        "evaluation {wildcards.study}/{wildcards.evaluation}"
    shell:
        "python {params.cli:q} --statistics {input.statistics} --settings {params.files}/settings.json"
        " --labels {params.files}/labels.json --answers {params.answers} --scores {params.scores}"
        " --study-dir {params.folder} --log {log}"


rule tabulate_groups:
    """Make the other tables of an evaluation that counts by group: other metrics, finer groups, answers side by side."""
    input:
        statistics="results/{scale}/{study}/evaluations/{evaluation}.json",
        rows=of_job(scores.evaluation_rows),
        answers=of_job(scores.answers),
        scores=of_job(scores.files),
    output:
        [
            in_report(
                f"results/{{scale}}/{{study}}/tables/evaluation-{{evaluation}}-{table}.html",
                caption="../report/table-evaluation.rst",
                category="{study}",
                subcategory="Tables",
                labels={"table": f"evaluation {{evaluation}}, {table}"},
            )
            for table in ("quality", "groups", "examples")
        ],
        expand(
            "results/{{scale}}/{{study}}/tables/evaluation-{{evaluation}}-{table}.{ending}",
            table=("quality", "groups", "examples"),
            ending=reports.PLAIN_ENDINGS,
        ),
    log:
        "results/{scale}/logs/tabulate_groups/{study}_{evaluation}.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("tabulate_groups"),
        code=code("tabulate_groups"),
        labels=settings_of_job(scores.labels),
        settings=settings_of_job(reports.of_evaluation),
        files=settings_folder("tabulate_groups/{study}_{evaluation}"),
        folder=lambda wildcards: f"results/{wildcards.scale}/{wildcards.study}",
        answers=of_job(scores.answers_folder),
        scores=of_job(scores.folder),
    message:
        "groups of {wildcards.study}/{wildcards.evaluation}"
    shell:
        "python {params.cli:q} --statistics {input.statistics} --settings {params.files}/settings.json"
        " --labels {params.files}/labels.json --rows {input.rows} --answers {params.answers} --scores {params.scores}"
        " --study-dir {params.folder} --log {log}"
