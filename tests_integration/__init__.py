"""waveproof: integrates a wave of branches, proves it and leaves the record.

One room a question. What stands higher may know what stands lower, never the other way round:

    plugin options hooks            what pytest loads: the options, and the hooks, which hand on to the rest
    starting turns locking          a session begins
    running live interrupting       it goes on
    finishing closing github        it ends: the records, the last words, what a job of CI gets
    session fixtures                what it knows, and a fixture for each stage
    gating recording vouching       those of the gates, of the record, and of what is believed of an earlier run
    healing examining               `--heal` and `--record`
    beginning describing writing    `--plan-init`, `--plan-from` and `--write-plan`: plans that are written
    distribution machines shards    many plans: on workers, on other machines, over the jobs of CI
    learn remember commands         commands of their own (`python -m tests_integration.learn`), and their arguments
    auditing/                       what a record is worth
    criteria/ record/               what success means, and what is remembered; neither knows the other
    engine/                         what is done
    repository/ plan/               what git says, and what was promised; neither knows the other
    facts gate_facts healing_facts  values that stages hand on
    steps                           what a stage does, as a project's files tell it
    text url refs names logs        words of strangers: shown, taken apart, compared
    files bounded                   files, written whole and read with a limit
    lasting                         what stays until a session ends
    selftests/ bench/ fuzz/         how we know, how fast, and against any bytes; not in the wheel

A new criterion is a function in `criteria/`, a new form of the record a module in `record/`, a new hook one in `hooks`.
"""

import os

__version__ = "0.1.0"

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
"""GitPython raises when it is imported where there is no git; `options.require_tools` says so in words instead."""
