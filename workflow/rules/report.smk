# Report: every number with its records, tables and figures of each study, and the paper that quotes them.


rule gather_numbers:
    """Gather every number that tables and paper quote, with the records that it comes from; costs go apart."""
    input:
        of_job(reports.of_all_studies, report_inputs.numbers_inputs),
    output:
        numbers="results/{scale}/numbers.json",
        costs="results/{scale}/costs.json",
    log:
        "results/{scale}/logs/gather_numbers.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("gather_numbers"),
        code=code("gather_numbers"),
        folders=reports.folders(PLAN),
        settings=as_json(list(reports.of_studies(PLAN).values())),
        files=settings_folder("gather_numbers"),
    message:
        "numbers"
    shell:
        "python {params.cli:q} --study-dir {params.folders} --settings {params.files}/settings.json"
        " --numbers {output.numbers} --costs {output.costs} --log {log}"


rule make_tables:
    """Make each table of a study: CSV, Markdown, LaTeX and HTML to paste, JSON for the paper."""
    input:
        files=of_job(reports.besides_numbers, report_inputs.tables_inputs),
        numbers="results/{scale}/numbers.json",
        costs="results/{scale}/costs.json",
    output:
        [shown_table(table) for table in contents.TABLES],
        expand(
            "results/{{scale}}/{{study}}/tables/{table}.{ending}", table=contents.TABLES, ending=reports.PLAIN_ENDINGS
        ),
    log:
        "results/{scale}/logs/make_tables/{study}.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("make_tables"),
        code=code("make_tables"),
        folder=lambda wildcards: f"results/{wildcards.scale}/{wildcards.study}",
        settings=settings_of_job(reports.of_study),
        files=settings_folder("make_tables/{study}"),
    message:
        "tables {wildcards.study}"
    shell:
        "python {params.cli:q} --study-dir {params.folder} --settings {params.files}/settings.json --numbers {input.numbers}"
        " --costs {input.costs} --output-dir {params.folder}/tables --log {log}"


rule draw_figures:
    """Draw each figure of a study, as SVG for the paper and as PNG for everything else."""
    input:
        files=of_job(reports.besides_numbers, report_inputs.figures_inputs),
        numbers="results/{scale}/numbers.json",
    output:
        [shown_figure(figure) for figure in figures.FIGURES],
        expand("results/{{scale}}/{{study}}/figures/{figure}.png", figure=figures.FIGURES),
    log:
        "results/{scale}/logs/draw_figures/{study}.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("draw_figures"),
        code=code("draw_figures"),
        folder=lambda wildcards: f"results/{wildcards.scale}/{wildcards.study}",
        settings=settings_of_job(reports.of_study),
        files=settings_folder("draw_figures/{study}"),
    message:
        "figures {wildcards.study}"
    shell:
        "python {params.cli:q} --study-dir {params.folder} --settings {params.files}/settings.json --numbers {input.numbers}"
        " --output-dir {params.folder}/figures --log {log}"


rule print_paper:
    """Print the paper of the chosen studies, and leave its whole source beside it."""
    input:
        files=of_job(reports.of_all_studies, report_inputs.paper_inputs),
        source=reports.paper_source(PLAN),
        numbers="results/{scale}/numbers.json",
        costs="results/{scale}/costs.json",
        speed=multiext("results/{scale}/speed/speed", ".json", ".svg"),
    output:
        report("results/{scale}/paper.pdf", caption="../report/paper.rst", category="Paper"),
    log:
        "results/{scale}/logs/print_paper.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("print_paper"),
        code=code("print_paper"),
        source=lambda wildcards, input: os.path.dirname(input.source[0]),
        folders=reports.folders(PLAN),
        settings=as_json(reports.paper(PLAN)),
        files=settings_folder("print_paper"),
    message:
        "paper"
    shell:
        "python {params.cli:q} --study-dir {params.folders} --settings {params.files}/settings.json --source {params.source:q}"
        " --numbers {input.numbers} --costs {input.costs} --speed {input.speed} --build-dir results/{wildcards.scale}/paper"
        " --output {output} --log {log}"


rule write_explorer:
    """Write the answers explorer: one page with each row of the studies and all answers to it, side by side."""
    input:
        files=explorer.files(PLAN),
        sources=explorer.sources(PLAN),
    output:
        "results/{scale}/explorer.html",
    log:
        "results/{scale}/logs/write_explorer.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(20),
    params:
        cli=cli("write_explorer"),
        code=code("write_explorer"),
        settings=as_json(explorer.settings(PLAN)),
        files=settings_folder("write_explorer"),
    message:
        "explorer"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --output {output} --log {log}"
