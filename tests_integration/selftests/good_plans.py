"""Plans without a mistake: a small one, and one that has every key there is."""

PLAN = """\
version: 1
title: Selftest Wave
date: 2025-10-06T04:20:05Z
remotes:
  origin: ../origin.git
base: origin/main
integration: wave-integration
branches:
  - id: E1
    title: One
    from: origin/one
  - id: E2
    title: Two
    from: origin/two
    parent: E1
fixes:
  - id: BUG-1
    problem: twin.txt is there twice
    after: E1
    delete: [twin.txt]
build:
  - run: make
    timeout: 60s
test:
  - run: make test
demo:
  script: demos/demo.sh
  document: demos/DEMO.md
publish:
  remote: origin
"""

EVERY_KEY = """\
version: 1
title: Every Key
project: selftest
phase: 1
wave: 2
attempt: 3
date: 2025-10-06T04:20:05Z
author: Integration <integration@example.org>
repository: ../work
remotes:
  origin:
    path: ../origin.git
    create_from: file.txt
  effort-E2: https://example.org/e2.git
base: origin/main
integration: wave-integration
branches:
  - id: E1
    title: One
    from: origin/one
    parent: base
    contains: The first
    commit: "1234567890123456789012345678901234567890"
  - id: E2b
    title: Two
    from: effort-E2/two
    parent: [base, E1]
    effort: E2
    split: 1
resolve:
  - paths: [go.sum, "docs/**"]
    take: union
  - paths: ["*.md"]
    take: theirs
    in: [E2b]
    drops: true
fixes:
  - id: BUG-1
    problem: twin.txt is there twice
    after: E1
    delete: [twin.txt]
    needs: [one.txt]
    signature: twin
    proven: wave 1
  - id: BUG-2
    problem: go.mod conflicts
    after: E2b
    take: {ours: [go.mod], theirs: [go.sum]}
  - id: BUG-3
    problem: one.txt is wrong
    after: E2b
    patch: file.txt
build:
  - run: make
    timeout: 60s
test:
  - run: make test
demo:
  script: demos/demo.sh
  document: demos/DEMO.md
  create: files
  shows: [one]
  timeout: 2h
environment: {CGO_ENABLED: "0"}
pass_environment: [GOPROXY, GO*]
publish:
  remote: origin
  notes: true
  healed: true
metadata:
  file: ../state.json
  at: /waves/one
limits:
  changed_lines: 10
  unportable_paths: ["aux.*"]
  attempts: 6
  hours: 7
"""
"""Leads to the file `file.txt` and the folder `files` beside it."""


def block(key: str) -> str:
    """A key of the good plan with all that belongs to it."""
    start = f"\n{PLAN}".index(f"\n{key}:")
    lines = PLAN[start:].splitlines(keepends=True)
    end = next((n for n, line in enumerate(lines) if n and not line.startswith(" ")), len(lines))
    return "".join(lines[:end])
