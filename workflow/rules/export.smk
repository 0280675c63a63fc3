# Taking a tuned model home: the adapter alone, merged into its base, or as a GGUF file, each held against its arm.


rule export_model:
    """Write one tuned model in one form, and compare what it reads, where it stops and what it answers with its arm."""
    input:
        model=of_job(models.files),
        adapter=of_job(exports.adapter_files),
        prompts=of_job(exports.prompts_file),
        rows=of_job(exports.rows_file),
        answers=of_job(exports.arms_answers),
        selected=of_job(exports.selected_files),
    output:
        folder=directory("results/{scale}/{study}/exports/{model}/{arm}/seed{seed}/{form}"),
        record="results/{scale}/{study}/exports/{model}/{arm}/seed{seed}/{form}.json",
    log:
        "results/{scale}/logs/export_model/{study}_{model}_{arm}_seed{seed}_{form}.log",
    wildcard_constraints:
        form=exports.form_pattern(),
    conda:
        "../../environment.yml"
    threads: LENS["compute"]["threads"]
    resources:
        gpu=LENS["resources"]["gpu"],
        mem_mb=by_attempt(LENS["resources"]["mem_mb"]),
        runtime=LENS["resources"]["runtime"],
    params:
        cli=cli("export_model"),
        code=code("export_model", also=exports.modules),
        rendering=settings_of_job(exports.rendering),
        generation=settings_of_job(exports.generation),
        settings=settings_of_job(exports.settings),
        compute=COMPUTE,
        files=settings_folder("export_model/{study}_{model}_{arm}_seed{seed}_{form}"),
        rendering_file=own_or_selected(
            settings_folder("export_model/{study}_{model}_{arm}_seed{seed}_{form}/rendering.json"),
            exports.rendering_part,
        ),
        generation_file=own_or_selected(
            settings_folder("export_model/{study}_{model}_{arm}_seed{seed}_{form}/generation.json"),
            exports.generation_part,
        ),
        adapter=of_job(exports.adapter),
    message:
        "export {wildcards.model}/{wildcards.arm}/seed{wildcards.seed}, {wildcards.form}"
    shell:
        "python {params.cli:q} --form {wildcards.form} --settings {params.files}/settings.json"
        " --rendering {params.rendering_file} --generation {params.generation_file} --adapter {params.adapter}"
        " --prompts {input.prompts} --rows {input.rows} --answers {input.answers} --compute {params.compute:q}"
        " --cards {resources.gpu} --seed {wildcards.seed} --output {output.folder} --record {output.record} --log {log}"


rule list_exports:
    """List the forms of one tuned model, and say which one to take: none that loses more than its noise."""
    input:
        records=of_job(exports.records),
    output:
        "results/{scale}/{study}/exports/{model}/{arm}/seed{seed}/README.md",
    log:
        "results/{scale}/logs/list_exports/{study}_{model}_{arm}_seed{seed}.log",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        cli=cli("list_exports"),
        code=code("list_exports"),
    message:
        "exports of {wildcards.model}/{wildcards.arm}/seed{wildcards.seed}"
    shell:
        "python {params.cli:q} --records {input.records} --output {output} --log {log}"
