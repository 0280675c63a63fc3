# Scores: every answer against its row, then means, intervals and tests.


rule score_answers:
    """Score one answer file, a model's or an ensemble's, on every metric of the study."""
    input:
        answers="results/{scale}/{study}/answers/{evaluation}/{treatment}/seed{seed}.jsonl",
        rows=of_job(scores.evaluation_rows),
        embedder=of_job(scores.embedder_file),
    output:
        scores="results/{scale}/{study}/scores/{evaluation}/{treatment}/seed{seed}.jsonl",
        record="results/{scale}/{study}/scores/{evaluation}/{treatment}/seed{seed}.record.json",
    log:
        "results/{scale}/logs/score_answers/{study}/{evaluation}/{treatment}_seed{seed}.log",
    wildcard_constraints:
        treatment=r"[^/]+/[^/]+",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(30),
    params:
        cli=cli("score_answers"),
        code=code("score_answers", also=scores.modules),
        settings=settings_of_job(scores.scoring),
        files=settings_folder("score_answers/{study}/{evaluation}/{treatment}_seed{seed}"),
    message:
        "scores {wildcards.treatment}/seed{wildcards.seed}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --answers {input.answers} --rows {input.rows}"
        " --name {wildcards.treatment}/seed{wildcards.seed} --output {output.scores} --record {output.record} --log {log}"


rule compare_scores:
    """Compute each mean with its interval and each comparison's paired test: of all, or of the candidates to choose from."""
    input:
        scores=of_job(scores.files),
        rows=of_job(scores.evaluation_rows),
        selected=of_job(scores.selected_file),
    output:
        "results/{scale}/{study}/{compared}.json",
    log:
        "results/{scale}/logs/compare_scores/{study}_{compared}.log",
    wildcard_constraints:
        compared=scores.comparable(PLAN),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(20),
    params:
        cli=cli("compare_scores"),
        code=code("compare_scores", also=scores.aggregates),
        labels=settings_of_job(scores.labels),
        settings=settings_of_job(scores.comparing),
        files=settings_folder("compare_scores/{study}_{compared}"),
        # and not each file: a thousand names are more than a command line takes
        folder=of_job(scores.folder),
    message:
        "{wildcards.compared} {wildcards.study}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --labels {params.files}/labels.json --scores {params.folder}"
        " --rows {input.rows} --output {output} --log {log}"
