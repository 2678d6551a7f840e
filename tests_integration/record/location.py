"""Where a ref of a repository is, as one URI (SPDX download location; RFC 3986)."""

import os
from pathlib import Path
from urllib.parse import quote

KEPT = "/%:?=&+,;~!$'()*"
"""What a URL's path may hold as it is; a percent sign is taken for an escape that stands there already."""


def git_location(url: str, ref: str) -> str:
    """`git+TRANSPORT://HOST/PATH@REF`, every other character escaped.

    Args:
        url: a URL, an absolute path, or `host:path` as git takes it for ssh (git-fetch(1), GIT URLS).
        ref: in full.
    """
    return f"git+{_absolute(url)}@{quote(ref)}"


def _absolute(url: str) -> str:
    scheme, is_url, rest = url.partition("://")
    if is_url:
        host, slash, path = rest.partition("/")
        return f"{scheme.lower()}://{quote(host.lower(), safe='[]:')}{slash}{quote(path, safe=KEPT)}"
    host, is_remote, path = url.partition(":")
    if is_remote and "/" not in host:
        user, at, name = host.rpartition("@")
        return f"ssh://{quote(user)}{at}{quote(name.lower())}/{quote(path.removeprefix('/'), safe=KEPT)}"
    return Path(os.path.normpath(url)).as_uri()
