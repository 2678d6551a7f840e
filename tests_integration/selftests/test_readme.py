"""What the README says is true."""

import re
from pathlib import Path

from tests_integration.criteria.catalogue import cases
from tests_integration.plan.load import load
from tests_integration.plan.lock import Lock
from tests_integration.plan.parts import Publish, Resolve
from tests_integration.selftests.reference_table import with_tables
from tests_integration.selftests.running_plans import PLANS

ROOT = PLANS.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_is_short() -> None:
    written = re.sub(r"<!-- ([a-z ]+) -->\n.*?<!-- end of \1 -->", "", README, flags=re.DOTALL)
    assert len([line for line in written.splitlines() if not line.startswith("|")]) < 470


def test_the_tables_of_keys_and_options_are_what_the_code_says() -> None:
    assert with_tables(README) == README, "python -m tests_integration.selftests.reference_table"


def test_every_criterion_proves_a_rule_of_the_table() -> None:
    table = README.split("## Rules, and the criteria that prove them")[1].split("<details>")[0]
    rows = [row.rpartition(" | ")[2] for row in table.splitlines() if row.startswith("| ")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    rule = Resolve(paths=("go.mod",), take="theirs")
    publish = Publish(remote="origin", notes=True)
    seeds = load(PLANS / "wave2.yaml")
    assert seeds.demo
    demo = seeds.demo.model_copy(update={"shows": ("retry",)})
    plan = seeds.model_copy(
        update={"demo": demo, "resolve": (rule,), "publish": publish, "lock": Lock.model_construct(), "minimal": True}
    )
    assert named == {case.criterion for case in cases(plan)}


def test_the_plan_for_ones_own_repository_has_no_mistake(tmp_path: Path) -> None:
    example = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)[0]
    (tmp_path / "mine" / "infrastructure").mkdir(parents=True)
    plan = tmp_path / "mine.yaml"
    plan.write_text(example, encoding="utf-8")
    assert [branch.id for branch in load(plan).branches] == ["login", "logout"]


def test_ci_runs_the_readmes_own_test_command() -> None:
    commands = re.findall(r"```bash\n(python3 -m venv .*)\n```", README)
    assert len(commands) == 2
    assert "--plan plans/wave2.yaml" in commands[0]
    assert commands[1] in README.split("## Test it")[1].split("\n## ")[0]
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
