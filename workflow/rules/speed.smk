# Speed: kept measurements of training and answering beside the limits of their cards, for the paper's appendix.


rule draw_speed:
    """Put the kept measurements beside their limits: data and figure of the paper's appendix."""
    input:
        measurements=reports.kept_measurements(PLAN),
        benchmarks=beside("config/benchmarks.yaml"),
    output:
        data="results/{scale}/speed/speed.json",
        figures=multiext("results/{scale}/speed/speed", ".svg", ".png"),
    log:
        "results/{scale}/logs/draw_speed.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(10),
    params:
        cli=cli("draw_speed"),
        code=code("draw_speed"),
        settings=as_json(reports.speed(PLAN)),
        files=settings_folder("draw_speed"),
        folder=subpath(output.data, parent=True),
    message:
        "speed"
    shell:
        "python {params.cli:q} --measurements {input.measurements:q} --benchmarks {input.benchmarks:q}"
        " --settings {params.files}/settings.json --output-dir {params.folder} --log {log}"
