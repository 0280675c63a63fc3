#!/usr/bin/env bash
# Finding: on SLURM, Snakemake's jobs cannot start from an environment in a folder with a space in its name.
#
# Guess:      Snakemake quotes what it writes into a job's script: it does so for the Snakefile, for options and for targets.
# Behaviour:  the interpreter is written as it is. With snakemake 9.27.1, its executor interface 9.4.0 and
#             snakemake-executor-plugin-slurm 2.8.0, `/home/me/my folder/venv/bin/python -m snakemake …` stands in the script,
#             a shell takes `/home/me/my` for the command, and each job fails with "not found" in SLURM's own log alone.
# Here:       scripts/kotune/plan/start.py refuses such a run before its first job and names the way out, a link to the
#             environment; tests/end_to_end/test_slurm.py starts through one.
# Runs:       a workflow of one rule and an `sbatch` that keeps what it is given; no SLURM is needed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/a folder" "$folder/bin"
python3 -m venv "$folder/a folder/venv"
"$folder/a folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  snakemake==9.27.1 snakemake-interface-executor-plugins==9.4.0 snakemake-executor-plugin-slurm==2.8.0
for name in sacct squeue sinfo scontrol scancel sacctmgr; do printf '#!/bin/sh\nexit 0\n' > "$folder/bin/$name"; done
printf '#!/bin/sh\n{ printf "%%s\\n" "$@"; cat; } > "%s/asked"\nexit 1\n' "$folder" > "$folder/bin/sbatch"
chmod +x "$folder"/bin/*
cd "$folder"
printf 'rule greet:\n    output: "greeting.txt"\n    shell: "echo good-morning > {output}"\n' > Snakefile
PATH="$folder/bin:$PATH" timeout 120 "$folder/a folder/venv/bin/python" -m snakemake --executor slurm --jobs 1 \
  --default-resources slurm_account=me slurm_partition=short runtime=5 mem_mb=100 > shown 2>&1 < /dev/null || true
[ -s asked ] || { cat shown >&2; echo "no job was submitted: this finding cannot be shown any more" >&2; exit 1; }
echo "snakemake 9.27.1, executor interface 9.4.0, snakemake-executor-plugin-slurm 2.8.0"
line=$(grep -F -- '-m snakemake' asked | head -n 1)
python=$(sed -E 's/.*[^[:print:]]//; s/ -m snakemake.*//' <<< "$line")
echo "in the job's script: ${python//$folder/FOLDER} -m snakemake …"
case "$python" in
  *\'*venv/bin/python*\' | *\"*venv/bin/python*\" | *a\\\ folder*) echo "the behaviour has changed: the path is quoted" >&2; exit 1 ;;
  *"a folder/venv/bin/python") ;;
  *) echo "the behaviour has changed: $line" >&2; exit 1 ;;
esac
