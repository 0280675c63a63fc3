# Mixtures: rows of several data sets as one file, before they are split; what each part gives, and what trainings see of it.


rule mix_rows:
    """Filter and transform the parts of a mixture, leave out duplicates, draw or repeat, and say what each part gives."""
    input:
        of_job(mixtures.files),
    output:
        rows="results/{scale}/{study}/mixture/rows.parquet",
        document="results/{scale}/{study}/mixture/mixture.json",
    log:
        "results/{scale}/logs/mix_rows/{study}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(6000),
        runtime=by_attempt(30),
    params:
        cli=cli("mix_rows"),
        code=code("mix_rows", also=mixtures.modules),
        settings=settings_of_job(mixtures.settings),
        files=settings_folder("mix_rows/{study}"),
    message:
        "mixture {wildcards.study}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --rows {output.rows} --document {output.document}"
        " --label {wildcards.study} --log {log}"


rule tabulate_mixture:
    """Print what each part of a mixture gives, and beside what was planned what the trainings see: tables and figure."""
    input:
        document="results/{scale}/{study}/mixture/mixture.json",
        prompts=of_job(mixtures.prompts),
    output:
        mixture=shown_table("mixture"),
        left_out=shown_table("mixture-left-out"),
        seen=shown_table("mixture-seen"),
        tables=expand(
            "results/{{scale}}/{{study}}/tables/{table}.{ending}",
            table=mixture_names.TABLES,
            ending=reports.PLAIN_ENDINGS,
        ),
        figure=shown_figure("mixture"),
        figures="results/{scale}/{study}/figures/mixture.png",
    log:
        "results/{scale}/logs/tabulate_mixture/{study}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(10),
    params:
        cli=cli("tabulate_mixture"),
        code=code("tabulate_mixture"),
        settings=settings_of_job(mixtures.tables),
        files=settings_folder("tabulate_mixture/{study}"),
        folder=subpath(input.document, ancestor=2),
    message:
        "tables of the mixture {wildcards.study}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --output-dir {params.folder}"
        " --label {wildcards.study} --log {log}"
