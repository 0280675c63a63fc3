# Scores: every answer against its row, then means, intervals and tests, then the selection.


rule score_answers:
    """Score one answer file, a model's or an ensemble's, on every metric of the study."""
    input:
        answers="results/{scale}/{study}/answers/{treatment}/seed{seed}.jsonl",
        rows=evaluation_rows,
        embedder=embedder_file,
    output:
        scores="results/{scale}/{study}/scores/{treatment}/seed{seed}.jsonl",
        record="results/{scale}/{study}/scores/{treatment}/seed{seed}.record.json",
    log:
        "results/{scale}/logs/score_answers/{study}/{treatment}_seed{seed}.log",
    wildcard_constraints:
        treatment=r"[^/]+/[^/]+",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(30),
    params:
        cli=cli("score_answers"),
        code=scoring_code,
        settings=score_settings,
    message:
        "scores {wildcards.treatment}/seed{wildcards.seed}"
    shell:
        "python {params.cli} --settings {params.settings:q} --answers {input.answers} --rows {input.rows}"
        " --name {wildcards.treatment}/seed{wildcards.seed} --output {output.scores} --record {output.record} --log {log}"


rule compare_scores:
    """Compute each mean with its interval and each comparison's paired test: of all, or of the candidates to choose from."""
    input:
        scores=compared_scores,
        rows=evaluation_rows,
        selection=selection_of_comparison,
    output:
        "results/{scale}/{study}/{compared}.json",
    log:
        "results/{scale}/logs/compare_scores/{study}_{compared}.log",
    wildcard_constraints:
        compared="statistics|candidates",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(20),
    params:
        cli=cli("compare_scores"),
        code=comparison_code,
        labels=compared_labels,
        settings=comparison_settings,
        # and not each file: a thousand names are more than a command line takes
        folder=lambda wildcards: under(wildcards, "scores"),
        selected=with_selected_base,
    message:
        "{wildcards.compared} {wildcards.study}"
    shell:
        "python {params.cli} --settings {params.settings:q} --labels {params.labels:q} --scores {params.folder}"
        " --rows {input.rows} {params.selected} --output {output} --log {log}"


rule select_model:
    """Rank the models on the valid split and name the winner by the study's rule, with the reasons."""
    input:
        statistics=selection_statistics,
        census=census_file,
    output:
        "results/{scale}/{study}/selection.json",
    log:
        "results/{scale}/logs/select_model/{study}.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("select_model"),
        code=code("select_model"),
        settings=selection_settings,
        census=census_option,
    message:
        "selection {wildcards.study}"
    shell:
        "python {params.cli} --settings {params.settings:q} --statistics {input.statistics} {params.census}"
        " --output {output} --log {log}"
