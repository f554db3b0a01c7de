"""A TCP proxy on loopback that counts connections, for where the kernel's own count is everybody's."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class CountingProxy:
    """Listens on `port` of each address; every connection is counted and handed on to the same address's `behind`."""

    port: int
    behind: int
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, listener: socket.socket, host: str) -> None:
        """Accept until the listener is closed."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
            try:
                server = socket.create_connection((host, self.behind))
            except OSError:
                client.close()
                continue
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=pump, args=(source, sink), daemon=True).start()


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy until the source ends, then end the sink."""
    with contextlib.suppress(OSError):
        while octets := source.recv(65_536):
            sink.sendall(octets)
    for each, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with contextlib.suppress(OSError):
            each.shutdown(how)


@contextlib.contextmanager
def counting_proxy(hosts: Iterable[str], behind: int) -> Iterator[CountingProxy]:
    """A proxy in front of a port, on a port of its own that is the same on every host."""
    listeners: list[socket.socket] = []
    proxy = CountingProxy(0, behind)
    try:
        for host in hosts:
            listener = socket.create_server((host, proxy.port), backlog=1024)
            proxy.port = listener.getsockname()[1]
            listeners.append(listener)
            threading.Thread(target=proxy.serve, args=(listener, host), daemon=True).start()
        yield proxy
    finally:
        for listener in listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
