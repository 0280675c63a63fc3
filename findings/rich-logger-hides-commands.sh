#!/usr/bin/env bash
# Finding: with the logger `rich`, `snakemake -n -p` prints no job's command.
#
# Guess:      -p (--printshellcmds) prints the shell command of each job, in a dry run too, whatever logger is chosen; that
#             is how one copies a job's line to run it by hand.
# Behaviour:  snakemake 9.27.1 does so with its own logger. With snakemake-logger-plugin-rich 0.5.1 a dry run prints the
#             counts of jobs and not one command; nothing says that -p was passed over.
# Here:       profiles/default chooses that logger for its progress bar, so the READMEs print commands with
#             `--workflow-profile none`, and tests/workflow reads printed commands that way.
# Runs:       a workflow of one rule, in a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check snakemake==9.27.1 snakemake-logger-plugin-rich==0.5.1
cd "$folder"
printf 'rule greet:\n    output: "greeting.txt"\n    shell: "echo good-morning > {output}"\n' > Snakefile
export PATH="$folder/venv/bin:$PATH"
plain=$(snakemake -n -p --cores 1 2>&1)
rich=$(snakemake -n -p --cores 1 --logger rich 2>&1)
echo "snakemake $(snakemake --version), snakemake-logger-plugin-rich $(pip show snakemake-logger-plugin-rich | sed -n 's/^Version: //p')"
echo "its own logger: $(grep -c 'echo good-morning' <<< "$plain") command; rich: $(grep -c 'echo good-morning' <<< "$rich" || true) commands"
grep -q 'echo good-morning' <<< "$plain" || { echo "the behaviour has changed: no command is printed at all" >&2; exit 1; }
grep -q 'greet' <<< "$rich" || { echo "the behaviour has changed: the logger rich does not name the rule" >&2; exit 1; }
if grep -q 'echo good-morning' <<< "$rich"; then echo "the behaviour has changed: the logger rich prints commands" >&2; exit 1; fi
