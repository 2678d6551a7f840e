"""Servers on loopback for selftests: git over HTTP with its own backend, and ports that misbehave."""

import base64
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread

BACKEND = "git http-backend"
NO_BODY = b""


@dataclass
class Site:
    """What is served, and what was asked.

    Attributes:
        root: folder of the repositories.
        login: `user:password` that it wants, or empty.
        moved: URL that it redirects to, or empty; `asks_first` tells whether it does so only when logged in.
        status: answered to everything, where it is not 0.
        cut: bytes that are left out at the end of every answer that holds a pack, before the connection is closed.
        garbage: is answered in place of git's own words.
        port: where it listens.
        logins: what clients gave, in the order in which they asked.
        command_lines: of all processes of the machine while they asked.
    """

    root: Path
    login: str = ""
    moved: str = ""
    asks_first: bool = False
    status: int = 0
    cut: int = 0
    garbage: bytes = b""
    port: int = 0
    logins: list[str] = field(default_factory=list)
    command_lines: set[bytes] = field(default_factory=set)

    def url(self, path: str, login: str = "", host: str = "localhost") -> str:
        """Where a repository of it is, entered with a percent-encoded login."""
        return f"http://{login}{'@' if login else ''}{host}:{self.port}/{path}"


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *given: object) -> None:
        self.site = site
        super().__init__(*given)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        login = _login(self.headers.get("Authorization", ""))
        self.site.logins.append(login)
        self.site.command_lines |= command_lines()
        if self.site.moved and (login or not self.site.asks_first):
            self._say(HTTPStatus.FOUND, {"Location": f"{self.site.moved}{self.path}"})
        elif self.site.login and login != self.site.login:
            self._say(HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": 'Basic realm="x"'})
        elif self.site.status:
            self._say(self.site.status, {})
        else:
            self._say(*self._served(login, body))

    def _served(self, login: str, body: bytes) -> tuple[int, dict[str, str], bytes, int]:
        status, headers, content = _backend(self, self.site.root, login, body)
        return status, headers, self.site.garbage or content, self.site.cut if b"PACK" in content else 0

    do_POST = do_GET  # noqa: N815 - the same

    def _say(self, status: int, headers: dict[str, str], body: bytes = NO_BODY, cut: int = 0) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) - cut])

    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal."""


def _login(header: str) -> str:
    return base64.b64decode(header.removeprefix("Basic ")).decode() if header else ""


def _backend(asked: BaseHTTPRequestHandler, root: Path, login: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """What git-http-backend(1) answers."""
    path, _, query = asked.path.partition("?")
    said = {
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH": os.environ["PATH"],
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": asked.command,
        "REMOTE_USER": login.partition(":")[0] or "anybody",
        "CONTENT_TYPE": asked.headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": asked.headers.get("Content-Encoding", ""),
        "HTTP_GIT_PROTOCOL": asked.headers.get("Git-Protocol", ""),
    }
    done = subprocess.run(BACKEND.split(), env=said, input=body, stdout=subprocess.PIPE, check=False)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
    return int(headers.pop("Status", "200").split(" ")[0]), headers, content


def command_lines() -> set[bytes]:
    """Command lines of all processes that can be seen now."""
    found = set()
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.add(file.read_bytes())
        except OSError:
            continue
    return found


@contextmanager
def served(site: Site) -> Iterator[Site]:
    """Serve a site for as long as the context lasts."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, site)) as server:
        site.port = server.server_address[1]
        thread = Thread(target=partial(server.serve_forever, 0.01), daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


Talk = Callable[[socket, Event], None]
"""What a port does with a client: it may wait for the event, which is the end of the test."""


@contextmanager
def listening(talk: Talk) -> Iterator[int]:
    """A port that talks so to everybody who connects to it."""
    ended = Event()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            talk(self.request, ended)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=partial(server.serve_forever, 0.01), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            ended.set()
            server.shutdown()
            thread.join()
