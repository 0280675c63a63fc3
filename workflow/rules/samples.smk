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


rule tabulate_samples:
    """Print of each rowset made of samples how many were kept, and how often the reference answer is among them."""
    input:
        of_job(preferences.audits),
    output:
        table=shown_table(sampled_names.SAMPLED),
        tables=expand(
            "results/{{scale}}/{{study}}/tables/{table}.{ending}",
            table=sampled_names.SAMPLED,
            ending=reports.PLAIN_ENDINGS,
        ),
    log:
        "results/{scale}/logs/tabulate_samples/{study}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("tabulate_samples"),
        code=code("tabulate_samples"),
        settings=settings_of_job(preferences.sampled),
        files=settings_folder("tabulate_samples/{study}"),
        folder="results/{scale}/{study}",
    message:
        "table of the samples of {wildcards.study}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --output-dir {params.folder}"
        " --label {wildcards.study} --log {log}"


rule tabulate_preferences:
    """Print both sides' log-probabilities, rewards and lengths of trainings on preferences, and what their pairs can show."""
    input:
        of_job(preferences.curves),
    output:
        table=shown_table(sampled_names.PREFERENCES),
        floors=shown_table(sampled_names.FLOORS),
        tables=expand(
            "results/{{scale}}/{{study}}/tables/{table}.{ending}",
            table=(sampled_names.PREFERENCES, sampled_names.FLOORS),
            ending=reports.PLAIN_ENDINGS,
        ),
        figure=shown_figure(sampled_names.PREFERENCES),
        figures="results/{scale}/{study}/figures/preferences.png",
    log:
        "results/{scale}/logs/tabulate_preferences/{study}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(10),
    params:
        cli=cli("tabulate_preferences"),
        code=code("tabulate_preferences"),
        settings=settings_of_job(preferences.trainings),
        files=settings_folder("tabulate_preferences/{study}"),
        folder="results/{scale}/{study}",
    message:
        "preferences of {wildcards.study}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --output-dir {params.folder}"
        " --label {wildcards.study} --log {log}"


rule tabulate_rewards:
    """Print what answers earned in trainings with rewards, by step, equal groups, cut answers and KL: a table and a figure."""
    input:
        of_job(preferences.rewarded_curves),
    output:
        table=shown_table(sampled_names.REWARDS),
        tables=expand(
            "results/{{scale}}/{{study}}/tables/{table}.{ending}",
            table=sampled_names.REWARDS,
            ending=reports.PLAIN_ENDINGS,
        ),
        figure=shown_figure(sampled_names.REWARDS),
        figures="results/{scale}/{study}/figures/rewards.png",
    log:
        "results/{scale}/logs/tabulate_rewards/{study}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(10),
    params:
        cli=cli("tabulate_rewards"),
        code=code("tabulate_rewards"),
        settings=settings_of_job(preferences.rewarded),
        files=settings_folder("tabulate_rewards/{study}"),
        folder="results/{scale}/{study}",
    message:
        "rewards of {wildcards.study}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --output-dir {params.folder}"
        " --label {wildcards.study} --log {log}"
