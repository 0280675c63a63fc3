# Leaks: which rows of a split or a data set stand in another one.


rule audit_leaks:
    """Look for rows of one split or data set that stand, word for word or nearly, in another; table and figure."""
    input:
        of_job(leaks.files),
    output:
        document="results/{scale}/{study}/leaks.json",
        rows="results/{scale}/{study}/leaks.jsonl",
        table=shown_table("leaks"),
        tables=expand("results/{{scale}}/{{study}}/tables/leaks.{ending}", ending=reports.PLAIN_ENDINGS),
        figure=shown_figure("leaks"),
        figures="results/{scale}/{study}/figures/leaks.png",
    log:
        "results/{scale}/logs/audit_leaks/{study}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(30),
    params:
        cli=cli("audit_leaks"),
        code=code("audit_leaks"),
        settings=settings_of_job(leaks.settings),
        files=settings_folder("audit_leaks/{study}"),
        folder=subpath(output.document, parent=True),
    message:
        "leaks {wildcards.study}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --output-dir {params.folder}"
        " --label {wildcards.study} --log {log}"
