"""A repository of somebody else's, with names of its own for what the suite has too, and strict about all of it."""

import sys
from importlib.metadata import distribution, requires
from pathlib import Path

from packaging.requirements import Requirement

from tests_integration.selftests.waves import Repositories, git

FILES = {
    "Makefile": "all:\n\ttest -f base.txt\ntest:\n\ttest -f login.txt && test -f logout.txt && test -f search.txt\n",
    "base.txt": "base\n",
    ".gitignore": "/plans/\n/reports/\n.pytest_cache/\n__pycache__/\n",
    "pytest.ini": "[pytest]\n"
    "addopts = --strict-markers --strict-config -W error -p house\n"
    "filterwarnings = error\npython_files = check_*.py\npython_functions = check\nusefixtures = database\n"
    "testpaths = checks tests_integration\nmarkers = build: what takes long\n",
    "house.py": "import pytest\n\n\n@pytest.fixture\ndef store():\n    return 'store of the house'\n\n\n"
    "@pytest.fixture(autouse=True)\ndef suite():\n    return 'suite of the house'\n",
    "conftest.py": "import sys\n\nimport pytest\n\npytest_plugins = ['tests_integration.plugin']\n\n\n"
    "def pytest_addoption(parser):\n"
    "    for name in ('--record', '--base', '--fresh', '--lock'):\n        parser.addoption(name, default='none')\n"
    "    assert 'waveproof.hooks' not in sys.modules\n    assert 'git' not in sys.modules\n\n\n"
    "@pytest.fixture\ndef database():\n    return 'database'\n\n\n"
    "@pytest.fixture\ndef plan():\n    return 'plan of the conftest'\n\n\n"
    "def pytest_collection_modifyitems(items):\n"
    "    assert [item.path.name for item in items] == ['check_names.py', 'check_itself.py']\n",
    "checks/check_names.py": "import pytest\n\n\n@pytest.mark.build\n"
    "def check_names(plan, store, suite, database, metadata, request):\n"
    "    assert (plan, store, suite) == ('plan of the conftest', 'store of the house', 'suite of the house')\n"
    "    assert isinstance(metadata, dict)\n"
    "    assert request.config.getoption('--record') == 'new'\n"
    "    with pytest.raises(pytest.FixtureLookupError):\n        request.getfixturevalue('tips')\n",
    "tests_integration/__init__.py": "__version__ = 'of the host'\n",
    "tests_integration/options.py": "NAMED = 'options of the host'\n",
    "tests_integration/plugin.py": "import pytest\n\nfrom tests_integration import options\n\n\n"
    "@pytest.fixture\ndef integration():\n    return options.NAMED\n",
    "tests_integration/check_itself.py": "import tests_integration\n\n\ndef check_itself(integration):\n"
    "    assert (tests_integration.__version__, integration) == ('of the host', 'options of the host')\n",
}
"""Its own tests, plugins, conftest and configuration, how it is built, and a package that is called as this one is."""


LOGOUT = "Log out: 'now' # or later"


def host(folder: Path) -> Path:
    """A clone of it, with three branches to be integrated: two on the base, and one on the first of these."""
    made = Repositories(folder)
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(made.origin))
    git(folder, "init", "--quiet", "--initial-branch=main", str(made.work))
    made.commit("main", FILES)
    made.commit("feature/login", {"login.txt": "login\n"}, message="Log in")
    made.commit(
        "feature/logout", {"logout.txt": "logout\n"}, parent="feature/login", message="Log out: 'now' # or later"
    )
    made.commit("feature/search", {"search.txt": "search\n"}, message="Search")
    git(folder, "clone", "--quiet", str(made.origin), "clone")
    return folder / "clone"


def linked(folder: Path, *names: str) -> Path:
    """A folder of packages with these distributions and all that they need, as this environment has them."""
    folder.mkdir()
    waiting, seen = [*names], set[str]()
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        told = map(Requirement, requires(name) or ())
        waiting += [one.name for one in told if not one.marker or one.marker.evaluate({"extra": ""})]
        files = distribution(name).files or ()
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            if not (folder / top).exists():
                (folder / top).symlink_to(Path(str(distribution(name).locate_file(top))))
    return folder


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir()
    print(host(Path(sys.argv[1])))  # noqa: T201 - for .ci/run
