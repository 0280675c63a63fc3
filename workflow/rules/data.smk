# Data: the rows of a study, selected, checked and split.


rule prepare_rows:
    """Read a data set, check it, leave out what cannot be used and say so, and write one file of rows a split."""
    input:
        of_job(data.source_files),
    output:
        rows=expand("results/{{scale}}/{{study}}/rows/{{rowset}}/{split}.parquet", split=SPLITS),
        audit="results/{scale}/{study}/rows/{rowset}/audit.json",
    log:
        "results/{scale}/logs/prepare_rows/{study}_{rowset}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("prepare_rows"),
        code=code("prepare_rows", also=data.modules),
        source=settings_of_job(data.source),
        files=settings_folder("prepare_rows/{study}_{rowset}"),
        folder=subpath(output.audit, parent=True),
    message:
        "rows {wildcards.study}/{wildcards.rowset}"
    shell:
        "python {params.cli:q} --source {params.files}/source.json --output-dir {params.folder}"
        " --label {wildcards.study}/{wildcards.rowset} --log {log}"
