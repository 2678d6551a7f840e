"""URLs of remotes: which are taken, what of them is a secret, and what git is given instead of it."""

import base64
import html
import json
import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, quote_plus, unquote

from tests_integration.text import without_password

URL = re.compile(r"(?P<scheme>[^:/]*)://(?P<authority>[^/?#]*)(?P<rest>.*)", re.DOTALL)
HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|\w[\w.-]*)(:[0-9]*)?")
SCHEMES = {"file", "git", "http", "https", "ssh"}
WITH_PASSWORD = {"http", "https"}
SHORTEST = 6
"""Characters of a secret that is looked for in what others print; fewer could be anything."""

FOR_URLS = bytes.maketrans(b"+/", b"-_")
HARMLESS_USER = re.compile(r"[\w.@+-]*")
SSH = re.compile(r"([\w.@+-]+@)?(?P<host>\[[0-9A-Za-z:.%]+\]|\w[\w.-]*):(?P<path>.*)")


class Url(str):
    """A URL whose user part, which may be a password or a token, is in no `repr`, and so in no traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(str(without_password(self)))


class Entrance(NamedTuple):
    """A URL as git is given it, and what it does not say: the user and the password (RFC 3986, user information)."""

    url: str
    user: str = ""
    password: str = ""

    @property
    def scope(self) -> str:
        """The part of the URL that names its server."""
        return self.url[: len(self.url) - len(URL.fullmatch(self.url)["rest"])] if self.user or self.password else ""  # type: ignore[index]

    def __repr__(self) -> str:
        return f"Entrance({self.url!r})"


def entrance(url: str) -> Entrance:
    """The URL without what may be a secret in it, and that; of other schemes than HTTP the URL as it is."""
    found = URL.fullmatch(url)
    user, at, host = found["authority"].rpartition("@") if found else ("", "", "")
    if not (found and at and found["scheme"] in WITH_PASSWORD):
        return Entrance(url)
    name, _, password = user.partition(":")
    return Entrance(f"{found['scheme']}://{host}{found['rest']}", unquote(name), unquote(password))


def secrets(text: str) -> frozenset[str]:
    """What must not be shown of a text: passwords and tokens of URLs, and of HTTP headers, as they may be printed.

    Args:
        text: URLs, one a line, or the config of a repository.
    """
    entrances = [entrance(found) for found in re.findall(r"https?://[^\s\0]+", text)]
    forms = {form for one in entrances if one.scope for form in _forms(one)}
    headers = re.findall(r"authorization: *\w+ +([^\s\0]+)", text, re.IGNORECASE)
    return frozenset(form for form in forms.union(headers) if len(form) >= SHORTEST)


def _forms(entered: Entrance) -> Iterator[str]:
    for secret in (entered.password or entered.user, f"{entered.user}:{entered.password}"):
        encoded = quote(secret, safe="")
        whole = base64.b64encode(secret.encode())
        yield from (secret, encoded, encoded.lower(), quote(secret), quote_plus(secret), html.escape(secret))
        yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
        yield from (shlex.quote(secret), whole.decode().rstrip("="), whole.translate(FOR_URLS).decode().rstrip("="))


def without_secrets(content: bytes, secrets: frozenset[str]) -> bytes:
    """What a command has printed, with secrets masked, and the user part of every URL taken out.

    Args:
        content: whole lines; a secret that is cut in two is not found.
        secrets: as `secrets` gives them.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        content = content.replace(secret.encode(), b"[secret]")
    return re.sub(rb"(?<=://)[^/\s]+@", b"", content)


def is_path(url: str) -> bool:
    """Whether it is the path of a repository or bundle (git-fetch(1), GIT URLS)."""
    return "://" not in url and ":" not in url.split("/", 1)[0]


def refusal(url: str) -> str:
    """Why no remote can be reached by this URL or path; empty where one can. Nothing of the URL is repeated in it."""
    return next(_reasons(url), "")


def _reasons(url: str) -> Iterator[str]:
    if not unquote(url).isprintable() or not url.isprintable():
        yield "holds control characters or a line break, written out or as %XX; no URL of a repository does"
    if url.startswith("-"):
        yield "begins with '-', which git would take for an option; a path may begin with './'"
    if re.match(r"[A-Za-z0-9+.-]*::", url):
        yield f"would have git run a program of its own for it (gitremote-helpers(7)); {TAKEN}"
    if found := URL.fullmatch(url):
        yield from _reasons_of_scheme(found["scheme"], found["authority"], found["rest"])
    elif not is_path(url):
        yield from _reasons_of_ssh(url)


TAKEN = "remotes are paths, bundles, host:path, and URLs of https, http, ssh, git and file"


def _reasons_of_scheme(scheme: str, authority: str, rest: str) -> Iterator[str]:
    user, at, host = authority.rpartition("@")
    if scheme not in SCHEMES:
        yield f"has a scheme that is not taken; {TAKEN}"
    elif scheme == "file":
        if authority:
            yield "names a host, which file:// has none of; an absolute path follows it: file:///srv/team.git"
        return
    if not HOST.fullmatch(unquote(host)) or re.search(r"[\s\\]", authority):
        yield (
            "names no host that can be told from what is around it; in a user or password, write '/' as %2F, '?' as %3F"
            " and '#' as %23"
        )
    if (at and scheme == "git") or (":" in user and scheme not in WITH_PASSWORD):
        yield f"holds a user or password that {scheme}:// does not take; use an ssh key or https"
    if scheme == "ssh" and not HARMLESS_USER.fullmatch(unquote(user)):
        yield "holds a user that ssh could take for something else: letters, digits, '.', '_', '@', '+' and '-' only"
    if scheme in WITH_PASSWORD and re.search("[?#]", rest):
        yield (
            "holds a query or fragment, which git would put on a command line, where everybody can read it; a token"
            " is given as user or password: https://TOKEN@host/path"
        )


def _reasons_of_ssh(url: str) -> Iterator[str]:
    found = SSH.fullmatch(url)
    host, path = (found["host"], found["path"]) if found else ("", "")
    if host == "file":
        yield "would be asked of a host named 'file'; write file:///path, or the path alone"
    elif "@" in path.split("/", 1)[0]:
        yield "looks like user:password@host without a scheme; write https://user:password@host/path"
    elif not found:
        yield "names no host that ssh could be given: letters, digits, '.', '_' and '-', a letter or digit first"
