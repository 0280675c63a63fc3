# Training: one adapter for each model, arm and seed.


rule train_adapter:
    """Tune one model by LoRA or QLoRA on one arm's prompts; a killed run continues from its last checkpoint."""
    input:
        train=of_job(training.prompts, "train"),
        valid=of_job(training.prompts, "valid"),
        model=of_job(models.files),
        selected=of_job(training.selected_file),
        rows=of_job(training.rows),
        held=of_job(training.held),
        start=of_job(training.start_files),
    output:
        adapter="results/{scale}/{study}/adapters/{model}/{arm}/seed{seed}/adapter_model.safetensors",
        config="results/{scale}/{study}/adapters/{model}/{arm}/seed{seed}/adapter_config.json",
        curve="results/{scale}/{study}/adapters/{model}/{arm}/seed{seed}/curve.jsonl",
        record="results/{scale}/{study}/adapters/{model}/{arm}/seed{seed}/record.json",
        # for those who load it outside the house; the tokenizer's files, whose names differ from base to base, lie beside
        readme="results/{scale}/{study}/adapters/{model}/{arm}/seed{seed}/README.md",
        stop="results/{scale}/{study}/adapters/{model}/{arm}/seed{seed}/generation_config.json",
    log:
        "results/{scale}/logs/train_adapter/{study}_{model}_{arm}_seed{seed}.log",
    # the longest jobs first, so that none is left alone at the end
    priority: 10
    conda:
        "../../environment.yml"
    threads: LENS["compute"]["threads"]
    resources:
        gpu=of_job(training.cards),
        # The same again, for sites whose profile asks for GPUs in another way and says gpu=0.
        cards=of_job(training.cards),
        mem_mb=by_attempt(LENS["resources"]["mem_mb"]),
        runtime=LENS["resources"]["runtime"],
        # A resource and not a param: where a curve is mirrored is no reason to train again.
        tracking=of_job(training.tracking_mode),
    params:
        cli=cli("train_adapter"),
        code=code("train_adapter", also=training.modules),
        model=settings_of_job(models.settings),
        recipe=settings_of_job(training.recipe),
        files=settings_folder("train_adapter/{study}_{model}_{arm}_seed{seed}"),
        model_file=own_or_selected(
            settings_folder("train_adapter/{study}_{model}_{arm}_seed{seed}/model.json"), models.model_part
        ),
        start=option("--adapter", training.start),
        rows=option("--rows", training.rows),
        held=lambda wildcards, input: f"--held {' '.join(input.held)}" if input.held else "",
        compute=COMPUTE,
        folder=subpath(output.adapter, parent=True),
    message:
        "train {wildcards.model}/{wildcards.arm}/seed{wildcards.seed}"
    shell:
        "python {params.cli:q} --model {params.model_file} --recipe {params.files}/recipe.json {params.start} {params.rows} {params.held} --prompts {input.train}"
        " --valid {input.valid} --seed {wildcards.seed} --compute {params.compute:q} --gpu {resources.gpu} --cards {resources.cards}"
        ' --tracking \'{{"mode": "{resources.tracking}", "project": "kotune", "study": "{wildcards.study}",'
        ' "scale": "{wildcards.scale}", "model": "{wildcards.model}", "arm": "{wildcards.arm}", "folder": "results/{wildcards.scale}/wandb"}}\''
        " --adapter-dir {params.folder} --label {wildcards.model}/{wildcards.arm}/seed{wildcards.seed} --log {log}"
