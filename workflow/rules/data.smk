# Data: the rows of a study, selected, checked and split.


rule prepare_rows:
    """Read a data set, check it, leave out what cannot be used and say so, and write one file of rows a split."""
    input:
        source_files,
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
        code=rows_code,
        source=source_json,
        folder=subpath(output.audit, parent=True),
    message:
        "rows {wildcards.study}/{wildcards.rowset}"
    shell:
        "python {params.cli} --source {params.source:q} --output-dir {params.folder}"
        " --label {wildcards.study}/{wildcards.rowset} --log {log}"
