# Training: one adapter for each model, arm and seed.


rule train_adapter:
    """Tune one model by LoRA or QLoRA on one arm's prompts; a killed run continues from its last checkpoint."""
    input:
        train=lambda wildcards: f"{prompt_folder(wildcards)}/train.parquet",
        valid=lambda wildcards: f"{prompt_folder(wildcards)}/valid.parquet",
        model=model_files,
        selection=selection_file,
        start=start_files,
    output:
        adapter="results/{scale}/{study}/adapters/{model}/{arm}/seed{seed}/adapter_model.safetensors",
        config="results/{scale}/{study}/adapters/{model}/{arm}/seed{seed}/adapter_config.json",
        curve="results/{scale}/{study}/adapters/{model}/{arm}/seed{seed}/curve.jsonl",
        record="results/{scale}/{study}/adapters/{model}/{arm}/seed{seed}/record.json",
    log:
        "results/{scale}/logs/train_adapter/{study}_{model}_{arm}_seed{seed}.log",
    # the longest jobs first, so that none is left alone at the end
    priority: 10
    conda:
        "../../environment.yml"
    threads: LENS["compute"]["threads"]
    resources:
        gpu=cards_of_training,
        # The same again, for sites whose profile asks for GPUs in another way and says gpu=0.
        cards=cards_of_training,
        mem_mb=by_attempt(LENS["resources"]["mem_mb"]),
        runtime=LENS["resources"]["runtime"],
        # A resource and not a param: where a curve is mirrored is no reason to train again.
        tracking=tracking_mode,
    params:
        cli=cli("train_adapter"),
        code=code_with_method("train_adapter"),
        model=model_json,
        recipe=recipe_json,
        selection=selection_option,
        start=start_option,
        compute=COMPUTE,
        folder=subpath(output.adapter, parent=True),
    message:
        "train {wildcards.model}/{wildcards.arm}/seed{wildcards.seed}"
    shell:
        "python {params.cli} --model {params.model:q} {params.selection} {params.start} --recipe {params.recipe:q} --prompts {input.train}"
        " --valid {input.valid} --seed {wildcards.seed} --compute {params.compute:q} --gpu {resources.gpu} --cards {resources.cards}"
        ' --tracking \'{{"mode": "{resources.tracking}", "project": "kotune", "group": "{wildcards.study}",'
        ' "id": "{wildcards.model}-{wildcards.arm}-seed{wildcards.seed}", "arm": "{wildcards.arm}", "folder": "results/{wildcards.scale}/wandb"}}\''
        " --adapter-dir {params.folder} --label {wildcards.model}/{wildcards.arm}/seed{wildcards.seed} --log {log}"
