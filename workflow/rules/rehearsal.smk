# Rehearsal: before anything is downloaded, what each arm takes on the GPU at hand, and would take on others.


rule rehearse_arm:
    """Train a few steps and answer a few prompts with a model of the true shape and random weights; measure, predict."""
    input:
        rows=rehearsal_rows,
    output:
        "results/{scale}/{study}/rehearsal/{model}/{arm}.json",
    log:
        "results/{scale}/logs/rehearse_arm/{study}_{model}_{arm}.log",
    conda:
        "../../environment.yml"
    threads: LENS["compute"]["threads"]
    resources:
        gpu=LENS["resources"]["gpu"],
        mem_mb=by_attempt(LENS["resources"]["mem_mb"]),
        runtime=LENS["resources"]["runtime"],
    params:
        cli=cli("rehearse_arm"),
        code=code_with_method("rehearse_arm"),
        settings=rehearsal_settings,
        rows=rehearsal_rows_options,
    message:
        "rehearse {wildcards.model}/{wildcards.arm}"
    shell:
        "python {params.cli} --settings {params.settings:q} {params.rows} --cards {resources.gpu} --output {output} --log {log}"


rule tabulate_rehearsal:
    """Make the table of all rehearsals of a study, and say what fits."""
    input:
        rehearsal_files,
    output:
        in_report(
            "results/{scale}/{study}/tables/rehearsal.html",
            caption="../report/table-rehearsal.rst",
            category="{study}",
            subcategory="Tables",
            labels={"table": "rehearsal"},
        ),
        expand("results/{{scale}}/{{study}}/tables/rehearsal.{ending}", ending=PLAIN_ENDINGS),
    log:
        "results/{scale}/logs/tabulate_rehearsal/{study}.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("tabulate_rehearsal"),
        code=code("tabulate_rehearsal"),
        seeds=lambda wildcards: len(study_of(wildcards).seeds),
        folder=subpath(output[0], parent=True),
    message:
        "rehearsal table {wildcards.study}"
    shell:
        "python {params.cli} --rehearsals {input} --seeds {params.seeds} --output-dir {params.folder} --log {log}"
