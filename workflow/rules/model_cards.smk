# Cards: what a tuned model is, from the records, for those who find it outside the house.


rule write_card:
    """Write the model card of one adapter, or of one form in which it was taken home, from the records alone."""
    input:
        model=of_job(models.files),
        adapter=of_job(model_cards.adapter_files),
        audit=of_job(model_cards.audit),
        prompts=of_job(model_cards.prompts_file),
        statistics=of_job(model_cards.statistics),
        evaluations=of_job(model_cards.evaluations),
        harness=of_job(model_cards.harness),
        mixture=of_job(model_cards.mixture),
        leaks=of_job(model_cards.leaks),
        exported=of_job(model_cards.exported),
    output:
        "results/{scale}/{study}/cards/{model}/{arm}/seed{seed}/{form}README.md",
    log:
        "results/{scale}/logs/write_card/{study}_{model}_{arm}_seed{seed}/{form}card.log",
    wildcard_constraints:
        form=model_cards.form_pattern(),
    localrule: True
    conda:
        "../../environment.yml"
    params:
        cli=cli("write_card"),
        code=code("write_card"),
        settings=settings_of_job(model_cards.settings),
        files=settings_folder("write_card/{study}_{model}_{arm}_seed{seed}/{form}card"),
        adapter=of_job(model_cards.adapter),
        mixture=option("--mixture", model_cards.mixture),
        leaks=option("--leaks", model_cards.leaks),
        exported=option("--exported", model_cards.exported),
    message:
        "card of {wildcards.model}/{wildcards.arm}/seed{wildcards.seed}/{wildcards.form}"
    shell:
        "python {params.cli:q} --settings {params.files}/settings.json --adapter {params.adapter} --audit {input.audit}"
        " --prompts {input.prompts} --statistics {input.statistics} --evaluations {input.evaluations} --harness {input.harness}"
        " {params.mixture} {params.leaks} {params.exported} --output {output} --log {log}"
