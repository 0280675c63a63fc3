# Ensembles: answers made from several models' answers, stored like any other.


rule combine_answers:
    """Make one ensemble's answers from its members' answers, by a named method."""
    input:
        answers=of_job(answers.members),
        rows=of_job(answers.answered_rows),
    output:
        answers="results/{scale}/{study}/answers/{evaluation}/ensemble/{method}/seed{seed}.jsonl",
        record="results/{scale}/{study}/answers/{evaluation}/ensemble/{method}/seed{seed}.record.json",
    log:
        "results/{scale}/logs/combine_answers/{study}_{evaluation}_{method}_seed{seed}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("combine_answers"),
        code=code("combine_answers"),
        settings=settings_of_job(answers.ensemble),
        files=settings_folder("combine_answers/{study}_{evaluation}_{method}_seed{seed}"),
    message:
        "ensemble {wildcards.method}/seed{wildcards.seed}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --answers {input.answers} --rows {input.rows}"
        " --output {output.answers} --record {output.record} --log {log}"
