# Rehearsal: before anything is downloaded, what each arm needs on this machine's GPU, and would need on others.


rule rehearse_arm:
    """Train a few steps and answer a few prompts with a model of the true shape and random weights; measure, predict."""
    input:
        rows=of_job(rehearsal.rows),
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
        code=code("rehearse_arm", also=training.modules),
        settings=settings_of_job(rehearsal.settings),
        prompt=settings_of_job(rehearsal.prompt),
        family=settings_of_job(rehearsal.family),
        files=settings_folder("rehearse_arm/{study}_{model}_{arm}"),
        rows=of_job(rehearsal.rows_options, settings_folder("rehearse_arm/{study}_{model}_{arm}")),
    message:
        "rehearse {wildcards.model}/{wildcards.arm}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json {params.rows} --cards {resources.gpu} --output {output} --log {log}"


rule tabulate_rehearsal:
    """Make the table of all rehearsals of a study, and say what fits."""
    input:
        of_job(rehearsal.files),
    output:
        shown_table("rehearsal"),
        expand("results/{{scale}}/{{study}}/tables/rehearsal.{ending}", ending=reports.PLAIN_ENDINGS),
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
        seeds=of_job(rehearsal.seeds),
        folder=subpath(output[0], parent=True),
    message:
        "rehearsal table {wildcards.study}"
    shell:
        "python {params.cli:q} --rehearsals {input} --seeds {params.seeds} --output-dir {params.folder} --log {log}"
