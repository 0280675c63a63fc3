# Samples: rowsets that are made of what an arm answered, so that another arm can learn from it.


rule sample_rows:
    """Take an arm's answers to an evaluation that score high enough as rows to learn from, for one model and seed."""
    input:
        rows=of_job(samples.rows),
        answers=of_job(samples.answers),
        scores=of_job(samples.scores),
        held=of_job(samples.held),
    output:
        rows=expand(
            "results/{{scale}}/{{study}}/rows/{{sampled}}/{{model}}/{{arm}}/seed{{seed}}/{split}.parquet", split=SPLITS
        ),
        audit="results/{scale}/{study}/rows/{sampled}/{model}/{arm}/seed{seed}/audit.json",
    log:
        "results/{scale}/logs/sample_rows/{study}_{sampled}_{model}_{arm}_seed{seed}.log",
    wildcard_constraints:
        sampled=samples.pattern(PLAN),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("sample_rows"),
        code=code("sample_rows"),
        settings=settings_of_job(samples.settings),
        files=settings_folder("sample_rows/{study}_{sampled}_{model}_{arm}_seed{seed}"),
        folder=subpath(output.audit, parent=True),
    message:
        "samples {wildcards.sampled}/{wildcards.model}/{wildcards.arm}/seed{wildcards.seed}"
    shell:
        "python {params.cli:q} --rows {input.rows} --answers {input.answers} --scores {input.scores} --held {input.held}"
        " --settings {params.files}/settings.json --output-dir {params.folder}"
        " --label {wildcards.sampled}/{wildcards.model} --log {log}"
