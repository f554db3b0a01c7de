"""The cookies of one browser, as far as a login needs them (RFC 6265)."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conformance.wire.exchange import HttpExchange


@dataclass(slots=True)
class Jar:
    """Cookies of one browser: (host, path, name) -> value."""

    cookies: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def copy(self) -> Jar:
        """A jar that changes on its own."""
        return Jar(dict(self.cookies))

    def header(self, url: str) -> dict[str, str]:
        """The Cookie field for a URL, longest path first (RFC 6265 section 5.4)."""
        parts = urlsplit(url)
        fits = [
            (path, name, value)
            for (host, path, name), value in self.cookies.items()
            if host == parts.hostname and _path_fits(path, parts.path or "/")
        ]
        pairs = [f"{name}={value}" for path, name, value in sorted(fits, key=lambda each: -len(each[0]))]
        return {"Cookie": "; ".join(pairs)} if pairs else {}

    def take(self, url: str, exchange: HttpExchange) -> None:
        """Keep what an answer sets, at most 64 cookies."""
        parts = urlsplit(url)
        for line in exchange.all("set-cookie")[:64]:
            pair, *attributes = line.split(";")
            name, _, value = pair.strip().partition("=")
            given = {key.strip().lower(): each.strip() for key, _, each in (a.partition("=") for a in attributes)}
            path = given.get("path", "")
            path = path if path.startswith("/") else (parts.path.rpartition("/")[0] or "/")
            gone = given.get("max-age", "1").lstrip("-").isdigit() and int(given.get("max-age", "1")) <= 0
            if gone or "1970" in given.get("expires", ""):
                self.cookies.pop((parts.hostname or "", path, name), None)
            elif len(self.cookies) < 64:
                self.cookies[parts.hostname or "", path, name] = value


def _path_fits(path: str, asked: str) -> bool:
    return asked == path or asked.startswith(path if path.endswith("/") else f"{path}/")
