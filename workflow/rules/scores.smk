# Scores: every answer against its row, then means, intervals and tests, then the selection.


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


rule select_model:
    """Rank the models on the valid split and name the winner by the study's rule, with the reasons."""
    input:
        statistics=of_job(choice.statistics_file),
        census=of_job(choice.census_file),
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
        settings=settings_of_job(choice.selection),
        files=settings_folder("select_model/{study}"),
        census=option("--census", choice.census_file),
    message:
        "selection {wildcards.study}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --statistics {input.statistics} {params.census}"
        " --output {output} --log {log}"


rule resolve_selected:
    """Take a part of the settings of the model that was selected, where the study tunes it, out of its candidates'."""
    input:
        "results/{scale}/{study}/selection.json",
    output:
        "results/{scale}/{study}/selected/{part}.json",
    log:
        "results/{scale}/logs/resolve_selected/{study}_{part}.log",
    wildcard_constraints:
        part=models.PARTS,
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("resolve_selected"),
        code=code("resolve_selected"),
        candidates=settings_of_job(choice.selected),
        files=settings_folder("resolve_selected/{study}_{part}"),
    message:
        "selected {wildcards.study}/{wildcards.part}"
    shell:
        "python {params.cli:q} --selection {input} --candidates {params.files}/candidates.json --output {output} --log {log}"
