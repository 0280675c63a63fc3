# Answers: what a model, with or without an adapter, makes of the evaluation prompts.


rule answer_prompts:
    """Answer every evaluation prompt with one model; a killed run continues after its last whole line."""
    input:
        prompts=of_job(answers.prompts),
        model=of_job(models.files),
        adapter=of_job(paths.adapter_files),
        selected=of_job(answers.selected_files),
    output:
        answers="results/{scale}/{study}/answers/{evaluation}/{model}/{arm}/seed{seed}.jsonl",
        record="results/{scale}/{study}/answers/{evaluation}/{model}/{arm}/seed{seed}.record.json",
    log:
        "results/{scale}/logs/answer_prompts/{study}_{evaluation}_{model}_{arm}_seed{seed}.log",
    conda:
        "../../environment.yml"
    threads: LENS["compute"]["threads"]
    resources:
        gpu=LENS["resources"]["gpu"],
        mem_mb=by_attempt(LENS["resources"]["mem_mb"]),
        runtime=LENS["resources"]["runtime"],
    params:
        cli=cli("answer_prompts"),
        code=code("answer_prompts"),
        model=settings_of_job(models.settings),
        quantization=settings_of_job(answers.quantization),
        generation=settings_of_job(answers.generation),
        compute=COMPUTE,
        files=settings_folder("answer_prompts/{study}_{evaluation}_{model}_{arm}_seed{seed}"),
        model_file=own_or_selected(
            settings_folder("answer_prompts/{study}_{evaluation}_{model}_{arm}_seed{seed}/model.json"),
            models.model_part,
        ),
        generation_file=own_or_selected(
            settings_folder("answer_prompts/{study}_{evaluation}_{model}_{arm}_seed{seed}/generation.json"),
            answers.generation_part,
        ),
        adapter=lambda wildcards, input: f"--adapter {os.path.dirname(input.adapter[0])}" if input.adapter else "",
    message:
        "answers {wildcards.model}/{wildcards.arm}/seed{wildcards.seed}"
    shell:
        "python {params.cli:q} --model {params.model_file} --quantization {params.quantization:q} {params.adapter}"
        " --prompts {input.prompts} --generation {params.generation_file} --compute {params.compute:q} --cards {resources.gpu}"
        " --seed {wildcards.seed} --output {output.answers} --record {output.record}"
        " --label {wildcards.model}/{wildcards.arm}/seed{wildcards.seed} --log {log}"
