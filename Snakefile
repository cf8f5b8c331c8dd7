# Everything the paper shows, as jobs: toy problem, images -> trainings -> notebooks -> report.
#
#     sgn reproduce --profile quick                            the usual way: `make reproduce`
#     snakemake --cores 2 --config profile=quick               the same by hand
#     snakemake --profile slurm --config profile=paper gpu=1   on a cluster: slurm/config.yaml
#
# `ranks=4` has each training done by four processes of one machine, with a GPU each if gpu=1.
#
# The digest in a manifest's name covers all that its job depends on (sgnlib/pipeline/plan.py), so
# that a job runs if and only if its manifest is missing; `ancient` keeps time stamps out of it.

import shutil
import sys

from sgnlib import paths
from sgnlib.pipeline.cost import time_limit
from sgnlib.pipeline.manifests import manifest_dir
from sgnlib.pipeline.plan import Plan
from sgnlib.storage import locked

PLAN = Plan(config.get("profile", "quick"))
GPU = int(config.get("gpu", shutil.which("nvidia-smi") is not None))
RANKS = int(config.get("ranks", 1))

if workflow.is_main_process and not workflow.dryrun:
    # Held until this process ends, however it ends; a second call waits here.
    LOCK = locked(paths.data_dir() / "reproduce.lock", "it reproduces in this checkout")
    LOCK.__enter__()
    for broken in PLAN.drop_broken():
        print(f"{broken.name}: what it made is gone or altered; it is made again", file=sys.stderr)


def job(kind, wildcards):
    return PLAN.jobs(kind)[wildcards.name]


def inputs(kind):
    return lambda wildcards: [ancient(str(path)) for path in job(kind, wildcards).inputs]


def expected(kind):
    return lambda wildcards: f"about {max(1, round(job(kind, wildcards).seconds))} s"


def minutes(kind, gpus=0):
    return lambda wildcards, attempt: time_limit(
        job(kind, wildcards).seconds, gpus=gpus, attempt=attempt
    )


def memory(megabytes):
    return lambda wildcards, attempt: attempt * megabytes


def manifest(kind):
    return f"{manifest_dir(kind)}/{{name}}-{{digest}}.json"


def logfile(kind):
    return f"{paths.data_dir()}/logs/{kind}-{{name}}-{{digest}}.log"


def command(kind, ranks=1):
    together = f"torch.distributed.run --standalone --nproc-per-node {ranks} -m "
    return (
        f"OMP_NUM_THREADS={'{threads}' if ranks == 1 else 1} {{sys.executable:q}} -m "
        f"{together if ranks > 1 else ''}"
        f"sgnlib.pipeline.jobs {kind} "
        f"{{wildcards.name:q}} --profile {PLAN.profile} --digest {{wildcards.digest}} "
        "> {log:q} 2>&1"
    )


wildcard_constraints:
    digest="[0-9a-f]{12}",


localrules:
    all,
    notebooks,
    trainings,


rule all:
    input:
        ancient(str(PLAN.report.manifest)),
        [ancient(str(job.manifest)) for job in PLAN.notebooks.values()],
    message:
        "All is there"


rule notebooks:
    input:
        [ancient(str(job.manifest)) for job in PLAN.notebooks.values()],
    message:
        "All notebooks are executed"


rule trainings:
    input:
        [ancient(str(job.manifest)) for job in (*PLAN.toys.values(), *PLAN.runs.values())],
    message:
        "All runs are trained"


rule toy:
    output:
        manifest("toy"),
    log:
        logfile("toy"),
    params:
        expected=expected("toy"),
    priority: 100_000
    resources:
        mem_mb=memory(1500),
        runtime=minutes("toy"),
    message:
        "Training the toy problem's {wildcards.name} ({params.expected})"
    shell:
        command("toy")


rule paint:
    output:
        manifest("images"),
    log:
        logfile("images"),
    priority: 1_000_000
    resources:
        mem_mb=memory(2000),
        runtime=minutes("images"),
    message:
        "Painting {wildcards.name}"
    shell:
        command("images")


# The longest first, so that no long training is left over for a single core at the end.
rule train:
    input:
        inputs("train"),
    output:
        manifest("train"),
    log:
        logfile("train"),
    params:
        expected=expected("train"),
    threads: RANKS
    priority: lambda w: round(job("train", w).seconds)
    resources:
        gpu=GPU * RANKS,
        mem_mb=memory((8000 if GPU else 1500) * RANKS),
        runtime=minutes("train", gpus=GPU * RANKS),
    message:
        "Training {wildcards.name} ({params.expected})"
    shell:
        command("train", RANKS)


rule execute:
    input:
        inputs("notebook"),
    output:
        manifest("notebook"),
    log:
        logfile("notebook"),
    params:
        expected=expected("notebook"),
    priority: 10_000
    resources:
        mem_mb=memory(2000),
        runtime=minutes("notebook"),
    message:
        "Executing notebooks/{wildcards.name}.ipynb ({params.expected})"
    shell:
        command("notebook")


rule report:
    input:
        inputs("report"),
    output:
        manifest("report"),
    log:
        logfile("report"),
    resources:
        mem_mb=memory(2000),
        runtime=minutes("report"),
    message:
        "Writing the report"
    shell:
        command("report")
