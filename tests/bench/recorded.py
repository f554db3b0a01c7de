"""`python -m tests.bench.recorded PORT`: says to a ClientHello what the server at PORT said to the same one.

A TLS library takes longer to answer than the probe to ask, so beside a server on one core a sweep waits for the server.
Here each hello (random and session id apart) is asked of the real server a few times; from then on those answers are
given in turn, with the session id echoed as TLS 1.3 asks. Its own port is the first line of its output.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

RECORDINGS: Final = 4
SILENCE_SECONDS: Final = 0.05
RANDOM, SESSION_ID = slice(11, 43), slice(44, 76)
CHALLENGE_OCTETS: Final = 16
HANDSHAKE: Final = 22
X25519_SHARE: Final = re.compile(rb"\x00\x1d\x00\x20.{32}", re.DOTALL)
READ: Final = select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR


def main() -> int:
    """Serve until stopped."""
    listener = socket.create_server(("", 0), backlog=4096)
    listener.setblocking(False)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    recordings = Recordings(int(sys.argv[1]))
    opened: dict[int, tuple[socket.socket, bytes]] = {}
    with select.epoll() as epoll:
        epoll.register(listener.fileno(), READ)
        while True:
            for number, _ in epoll.poll():
                if number in opened:
                    client, before = opened.pop(number)
                    if (left := serve(client, before, recordings)) is not None:
                        opened[number] = client, left
                    continue
                client, _ = listener.accept()
                client.setblocking(False)
                if (left := serve(client, b"", recordings)) is not None:
                    opened[client.fileno()] = client, left
                    epoll.register(client.fileno(), READ)


@contextlib.contextmanager
def recorded(behind: int) -> Iterator[tuple[int, int]]:
    """Such a server while the block runs: its port, on every address, and its process id."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.recorded", str(behind)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.kill()


def serve(client: socket.socket, before: bytes, recordings: Recordings) -> bytes | None:
    """Read what there is and answer a whole hello; what is still incomplete, None when the connection is closed."""
    try:
        part = client.recv(65_536)
    except BlockingIOError:
        return before
    except OSError:
        part = b""
    data = before + part
    if part and not whole(data):
        return data
    if part:
        answer, ended = recordings.answer(data)
        client.send(answer)
        if not ended:
            return b""
    client.close()
    return None


def whole(data: bytes) -> bool:
    """Whether the bytes are a whole hello."""
    if len(data) < 5:
        return False
    if data[0] & 0x80:
        return len(data) >= 2 + ((data[0] & 0x7F) << 8 | data[1])
    return len(data) >= 5 + (data[3] << 8 | data[4])


class Recordings:
    """The answers of the server behind, by hello."""

    def __init__(self, behind: int) -> None:
        self.behind = behind
        self.known: dict[bytes, list[tuple[bytes, bool]]] = {}
        self.turn = 0

    def answer(self, hello: bytes) -> tuple[bytes, bool]:
        """What the server said to such a hello, and whether it hung up then."""
        known = self.known.setdefault(skeleton(hello), [])
        if len(known) < RECORDINGS:
            known.append(ask(self.behind, hello))
            return known[-1]
        self.turn += 1
        data, ended = known[self.turn % RECORDINGS]
        if data[:1] == b"\x16" and data[43:44] == b"\x20" == hello[43:44]:
            data = data[: SESSION_ID.start] + hello[SESSION_ID] + data[SESSION_ID.stop :]
        return data, ended


def skeleton(hello: bytes) -> bytes:
    """What is the same in every hello that offers the same."""
    if hello[0] != HANDSHAKE:
        return hello[:-CHALLENGE_OCTETS]
    rest = hello[SESSION_ID.stop if hello[43] else RANDOM.stop :]
    return hello[: RANDOM.start] + X25519_SHARE.sub(b"", rest)


def ask(port: int, hello: bytes) -> tuple[bytes, bool]:
    """The server's answer, all that comes before it is silent for a while, and whether it hung up."""
    data = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as server:
        server.sendall(hello)
        try:
            while part := server.recv(65_536):
                data += part
                server.settimeout(SILENCE_SECONDS)
        except TimeoutError:
            return data, False
    return data, True


if __name__ == "__main__":
    sys.exit(main())
