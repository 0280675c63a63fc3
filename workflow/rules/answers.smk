# Answers: what a model, with or without an adapter, makes of the evaluation prompts.


rule answer_prompts:
    """Answer every evaluation prompt with one model; a killed run continues after its last whole line."""
    input:
        prompts=evaluation_prompts,
        model=model_files,
        adapter=adapter_files,
        selection=selection_file,
    output:
        answers="results/{scale}/{study}/answers/{model}/{arm}/seed{seed}.jsonl",
        record="results/{scale}/{study}/answers/{model}/{arm}/seed{seed}.record.json",
    log:
        "results/{scale}/logs/answer_prompts/{study}_{model}_{arm}_seed{seed}.log",
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
        model=model_json,
        quantization=quantization_json,
        generation=generation_json,
        compute=COMPUTE,
        selection=selection_option,
        adapter=lambda wildcards, input: f"--adapter {os.path.dirname(input.adapter[0])}" if input.adapter else "",
    message:
        "answers {wildcards.model}/{wildcards.arm}/seed{wildcards.seed}"
    shell:
        "python {params.cli} --model {params.model:q} {params.selection} --quantization {params.quantization:q} {params.adapter}"
        " --prompts {input.prompts} --generation {params.generation:q} --compute {params.compute:q} --cards {resources.gpu}"
        " --seed {wildcards.seed} --output {output.answers} --record {output.record}"
        " --label {wildcards.model}/{wildcards.arm}/seed{wildcards.seed} --log {log}"
