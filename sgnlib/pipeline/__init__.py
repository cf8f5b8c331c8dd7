"""Batch reproduction: what has to be made (`plan`), how done work is known (`manifests`), how each
job is done (`jobs`), and what it costs (`cost`). The Snakefile ties them together."""
