"""What the sandbox's relying party asks of its provider over HTTP: bounded in octets and, unless told, in time."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

MAX_OCTETS = 4_194_304
FORM = "application/x-www-form-urlencoded"


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """The login is refused; says why."""


class Gone(Exception):  # noqa: N818 - what a fault does
    """The relying party falls over: the connection ends without an answer."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """The way to providers. context: trusts them. seconds: for one whole exchange."""

    context: ssl.SSLContext
    seconds: float = 3.0

    def json(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
        *,
        patient: bool = False,
    ) -> dict[str, Any]:
        """The JSON object of an answer of 200 or 201. patient: waits without end. Raises Refused."""
        status, body = self.exchange(method, url, form, fields, patient=patient)
        try:
            value = json.loads(body)
        except ValueError:
            raise Refused("no JSON") from None
        if status not in (200, 201) or not isinstance(value, dict):
            raise Refused(f"an answer of {status}")
        return value

    def exchange(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
        *,
        patient: bool = False,
        follow: int = 0,
    ) -> tuple[int, bytes]:
        """Status and body; at most `follow` redirects are followed. Raises Refused."""
        for _ in range(follow + 1):
            status, body, location = self._once(method, url, form, fields, patient=patient)
            if status not in (301, 302, 303, 307, 308) or not location:
                break
            url = location
        return status, body

    def _once(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None,
        fields: Mapping[str, str] | None,
        *,
        patient: bool,
    ) -> tuple[int, bytes, str]:
        parts = urlsplit(url)
        until = time.monotonic() + (3600 if patient else self.seconds)
        connection = http.client.HTTPSConnection(parts.netloc, timeout=30, context=self.context)
        sent = {**(fields or {}), **({"Content-Type": FORM} if form is not None else {})}
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        try:
            connection.request(method, path, None if form is None else urlencode(form), sent)
            answer = connection.getresponse()
            body = bytearray()
            while more := answer.read1(65_536):
                body += more
                if time.monotonic() > until or len(body) > MAX_OCTETS:
                    raise Refused("an answer that takes too long or is too large")
            return answer.status, bytes(body), answer.getheader("Location", "")
        except (OSError, http.client.HTTPException) as error:
            raise Refused(f"no answer: {type(error).__name__}") from None
        finally:
            connection.close()
