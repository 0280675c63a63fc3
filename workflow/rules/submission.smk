# Submissions: answers to a competition's rows without answers, as the competition takes them.


rule write_submission:
    """Write one model's or ensemble's answers in the layout of the sample; `selected` is the first of the selection."""
    input:
        answers=of_job(answers.submission_answers),
        rows=of_job(answers.submission_rows),
        selection="results/{scale}/{study}/selection.json",
        sample=of_job(answers.submission_sample),
    output:
        submission="results/{scale}/{study}/submissions/{model}/{arm}/seed{seed}.csv",
        record="results/{scale}/{study}/submissions/{model}/{arm}/seed{seed}.record.json",
    log:
        "results/{scale}/logs/write_submission/{study}_{model}_{arm}_seed{seed}.log",
    wildcard_constraints:
        model=r"[^/]+",
        arm=r"[^/]+",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("write_submission"),
        code=code("write_submission"),
        settings=settings_of_job(answers.submission),
        files=settings_folder("write_submission/{study}_{model}_{arm}_seed{seed}"),
        sample=lambda wildcards: (
            f"--sample {quote(PLAN.study(wildcards).sample)}" if PLAN.study(wildcards).sample else ""
        ),
    message:
        "submission {wildcards.model}/{wildcards.arm}/seed{wildcards.seed}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --answers {input.answers} --rows {input.rows}"
        " --selection {input.selection} {params.sample} --output {output.submission} --record {output.record} --log {log}"
