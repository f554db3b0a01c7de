"""polaris-oid4vp with its own listener: `python polaris_verifier.py SETTINGS.json`.

The request, its keys, the response and the presentation are the library's, endpoints included. What is here is the
relying party's page beside it: where a login begins, and where the library's verdict on the last response is read.
"""

from __future__ import annotations

import http.server
import json
import ssl
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cryptography import x509

WAITING, ACCEPTED, REFUSED = "waiting", "presentation accepted", "presentation refused"


def verifier(settings: dict[str, Any], folder: Path) -> Any:
    """The library's verifier, with the certificate that its own `keygen` makes."""
    from polaris_oid4vp.cli import FILES, keygen  # type: ignore[import-not-found]  # noqa: PLC0415 - not always there
    from polaris_oid4vp.serve import REQUEST_PATH, RESPONSE_PATH  # type: ignore[import-not-found]  # noqa: PLC0415
    from polaris_oid4vp.verifier import Verifier  # type: ignore[import-not-found]  # noqa: PLC0415

    pem = Path(settings["anchor"]).read_bytes() if "anchor" in settings else b""
    anchors = x509.load_pem_x509_certificates(pem) if pem else []
    keygen(folder, "localhost")
    base = f"https://localhost:{settings['second_port']}"
    return Verifier(
        client_cert_pem=(folder / FILES["client_cert"]).read_bytes(),
        client_key_pem=(folder / FILES["client_key"]).read_bytes(),
        request_uri=base + REQUEST_PATH,
        response_uri=base + RESPONSE_PATH,
        redirect_uri=f"{settings['origin']}/result",
        issuer_jwks=[] if anchors else [settings["issuer_jwk"]],
        issuer_trust_anchors=anchors,
        vct_values=[settings["vct"]],
        claims=settings["claims"],
    )


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.path.insert(0, settings["packages"])
    from polaris_oid4vp.serve import serve  # noqa: PLC0415 - as above

    made = verifier(settings, Path(sys.argv[1]).parent / "polaris")
    outcome = [WAITING]

    def note(_: int, __: Any, verdict: Any) -> None:
        outcome[0] = ACCEPTED if verdict is not None and verdict.authentic else REFUSED

    class Page(http.server.BaseHTTPRequestHandler):
        """A login begins, or its end is looked at."""

        def do_GET(self) -> None:
            text = outcome[0]
            if self.path == "/start":
                outcome[0] = WAITING
                session, _ = made.new_request()
                text = f"openid4vp://?{urlencode(made.authorization_request_params(session))}"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

    pair = (settings["certificate"], settings["key"])
    listen = {"host": "127.0.0.1", "port": settings["second_port"], "certfile": pair[0], "keyfile": pair[1]}
    serve(made, on_verdict=note, **listen)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", settings["port"]), Page)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
