"""A relying party as Authlib's own documentation has it for Flask: `python rp_app.py SETTINGS.json`.

Prints the port that it listens on. What Authlib raises becomes a page of status 200, so that only the marker tells.
"""

from __future__ import annotations

import json
import logging
import secrets
import ssl
import sys
from pathlib import Path
from typing import Any

from authlib.integrations.flask_client import OAuth  # type: ignore[import-untyped]
from flask import Flask, redirect, request, session
from werkzeug.serving import make_server


def application(settings: dict[str, Any]) -> Flask:
    app = Flask("relying-party")
    app.secret_key = secrets.token_bytes(32)
    app.config["SESSION_COOKIE_SECURE"] = True
    oauth = OAuth(app)
    names = {issuer: f"provider{number}" for number, issuer in enumerate(settings["issuers"])}
    for issuer, name in names.items():
        oauth.register(
            name,
            client_id="authlib",
            client_secret=settings["client_secret"],
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile",
                "code_challenge_method": "S256",
                "default_timeout": 3,
            },
        )

    @app.get("/login")
    def login() -> Any:
        session["provider"] = names[request.args["iss"]]
        client = oauth.create_client(session["provider"])
        return client.authorize_redirect(f"{settings['origin']}/callback", acr_values=settings["acr"])

    @app.get("/callback")
    def callback() -> Any:
        token = oauth.create_client(session["provider"]).authorize_access_token()
        user = token["userinfo"]
        if settings["userinfo"]:
            user = {**user, **oauth.create_client(session["provider"]).userinfo(token=token)}
        session["user"] = {"sub": user.get("sub"), "name": user.get("name")}
        return redirect("/home")

    @app.get("/home")
    def home() -> str:
        user = session.get("user")
        return f"Signed in as {user['name']} ({user['sub']})" if user else "Nobody is signed in."

    @app.errorhandler(Exception)
    def failed(error: Exception) -> str:
        return f"The login failed: {type(error).__name__}"

    return app


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings["certificate"], settings["key"])
    app = application(settings)
    server = make_server("127.0.0.1", settings["port"], app, threaded=True, ssl_context=context)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
