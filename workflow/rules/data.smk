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
    wildcard_constraints:
        rowset=quality.prepared(PLAN),
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


rule list_items:
    """List a benchmark's items as rows to learn from: what lm-evaluation-harness asks, and the right option."""
    input:
        audit=of_job(items.audit),
    output:
        expand("results/{{scale}}/{{study}}/harness/{{harness}}/items/{split}.jsonl", split=items.SPLITS),
    log:
        "results/{scale}/logs/list_items/{study}_{harness}.log",
    wildcard_constraints:
        harness=items.pattern(PLAN),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(10),
    params:
        cli=cli("list_items"),
        code=code("list_items"),
        tasks=of_job(items.tasks),
        most=settings_of_job(items.most),
        include=of_job(items.include),
        data=subpath(input.audit, parent=True),
        folder=subpath(output[0], parent=True),
    message:
        "items {wildcards.study}/{wildcards.harness}"
    shell:
        "python {params.cli:q} --data {params.data} --tasks {params.tasks} --most {params.most:q} {params.include}"
        " --output-dir {params.folder} --label {wildcards.study}/{wildcards.harness} --log {log}"
