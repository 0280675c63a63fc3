# A judge's verdicts: who refuses, said by a judge beside a rule, where a study or an evaluation names a judge.


rule judge_answers:
    """Judge one file of answers, with answers of known faults planted among them."""
    input:
        answers=of_job(judges.answers),
        rows=of_job(judges.rows_of),
    output:
        verdicts="results/{scale}/{study}/verdicts/{evaluation}/{model}/{arm}/seed{seed}.jsonl",
        record="results/{scale}/{study}/verdicts/{evaluation}/{model}/{arm}/seed{seed}.record.json",
    log:
        "results/{scale}/logs/judge_answers/{study}/{evaluation}/{model}_{arm}_seed{seed}.log",
    wildcard_constraints:
        evaluation=judges.pattern(PLAN),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(240),
    params:
        cli=cli("judge_answers"),
        code=code("judge_answers", also=judges.modules),
        settings=settings_of_job(judges.settings),
        files=settings_folder("judge_answers/{study}/{evaluation}/{model}_{arm}_seed{seed}"),
    message:
        "verdicts {wildcards.model}/{wildcards.arm}/seed{wildcards.seed}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --answers {input.answers} --rows {input.rows}"
        " --name {wildcards.model}/{wildcards.arm}/seed{wildcards.seed} --output {output.verdicts}"
        " --record {output.record} --log {log}"


rule tabulate_verdicts:
    """Make the tables of a judge: rule and judge side by side, and what the judge's audit found."""
    input:
        verdicts=of_job(judges.files),
        answers=of_job(judges.judged_answers),
        rows=of_job(judges.rows_of),
    output:
        in_report(
            "results/{scale}/{study}/tables/judge-{evaluation}.html",
            caption="../report/table-judge.rst",
            category="{study}",
            subcategory="Tables",
            labels={"table": "judge {evaluation}"},
        ),
        in_report(
            "results/{scale}/{study}/tables/judge-audit-{evaluation}.html",
            caption="../report/table-judge-audit.rst",
            category="{study}",
            subcategory="Tables",
            labels={"table": "judge's audit {evaluation}"},
        ),
        expand(
            "results/{{scale}}/{{study}}/tables/judge{part}-{{evaluation}}.{ending}",
            part=["", "-audit"],
            ending=reports.PLAIN_ENDINGS,
        ),
        "results/{scale}/{study}/verdicts/{evaluation}.json",
    log:
        "results/{scale}/logs/tabulate_verdicts/{study}_{evaluation}.log",
    wildcard_constraints:
        evaluation=judges.pattern(PLAN),
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("tabulate_verdicts"),
        code=code("tabulate_verdicts"),
        settings=settings_of_job(judges.tabulating),
        files=settings_folder("tabulate_verdicts/{study}_{evaluation}"),
        folder=lambda wildcards: f"results/{wildcards.scale}/{wildcards.study}",
    message:
        "judge of {wildcards.study}/{wildcards.evaluation}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --verdicts {input.verdicts}"
        " --answers {input.answers} --rows {input.rows} --study-dir {params.folder} --log {log}"
