# Downloads: snapshots of hub models and data sets, at the commit that config/hub.lock.yaml holds. Only at scales without
# stand-ins; run where there is a network, never on a compute node.


rule download_model:
    """Fetch the files of a model or an embedder that a study needs, check their hashes, and lock the commit.

    A model whose entry names a GGUF file is made of that.
    """
    input:
        of_job(data.gguf_files),
    output:
        beside("resources/hub/models/{hub_name}/snapshot.json"),
    log:
        f"{RESULTS}/logs/download_model/{{hub_name}}.log",
    wildcard_constraints:
        hub_name=r"[^/]+",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        cli=cli("download_model"),
        entry=settings_of_job(data.hub_model),
        files=settings_folder("download_model/{hub_name}"),
        embedder=lambda wildcards: "--embedder" if wildcards.hub_name in config["embedders"] else "",
        folder=subpath(output[0], parent=True),
        lock=beside("config/hub.lock.yaml"),
        converter=of_job(data.gguf_converter),
    message:
        "download {wildcards.hub_name}"
    shell:
        "python {params.cli:q} --name {wildcards.hub_name} --entry {params.files}/entry.json {params.embedder}"
        " --folder {params.folder:q} --lock {params.lock:q} --log {log}"


rule download_dataset:
    """Fetch a data set's files, check their hashes, lock the commit, and put its rows in the study's columns."""
    output:
        beside("resources/hub/datasets/{hub_name}/snapshot.json"),
    log:
        f"{RESULTS}/logs/download_dataset/{{hub_name}}.log",
    wildcard_constraints:
        hub_name=r"[^/]+",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        cli=cli("download_dataset"),
        entry=settings_of_job(data.hub_dataset),
        files=settings_folder("download_dataset/{hub_name}"),
        folder=subpath(output[0], parent=True),
        lock=beside("config/hub.lock.yaml"),
    message:
        "download {wildcards.hub_name}"
    shell:
        "python {params.cli:q} --name {wildcards.hub_name} --entry {params.files}/entry.json"
        " --folder {params.folder:q} --lock {params.lock:q} --log {log}"


rule preflight:
    """Ask the hub about all that the studies take from it, without downloading: one table, with every fault at once."""
    log:
        f"{RESULTS}/logs/preflight.log",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        cli=cli("preflight"),
        asked=settings_of_job(preflight.everything_of_job),
        files=settings_folder("preflight"),
        lock=beside("config/hub.lock.yaml"),
    message:
        "ask the hub"
    shell:
        "python {params.cli:q} --asked {params.files}/asked.json --lock {params.lock:q} --log {log}"
