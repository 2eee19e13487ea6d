"""What a server of this machine lets in: requests of its own page alone, and no more than it can hold.

Other pages of the same browser can send requests to it, and, by a name that leads to this machine (DNS
rebinding), read the answers. So the path begins with a token that they cannot know, and who asks has to be at
home.
"""

import re
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL = ("127.0.0.1", "localhost", "::1")
MOST_BYTES = 2**26  # of a request's body
TOO_LARGE = 413, f"a request may have {MOST_BYTES // 2**20} MB"
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class Guarded:
    """An application behind a token, for requests to certain host names alone."""

    def __init__(self, app: ASGIApp, token: str, hosts: Iterable[str] = ()) -> None:
        self.app, self.token, self.hosts = app, token, {*LOCAL, *hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":  # a web socket, which nothing here has
            return
        refused = self._refusal(scope)
        app = PlainTextResponse(refused[1], refused[0]) if refused else self._inside
        await app(scope, receive, _with_headers(send))

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope = {**scope, "path": scope["path"].removeprefix(f"/{self.token}"), "raw_path": None}
        size = 0

        async def receive_some() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MOST_BYTES:
                raise HTTPException(*TOO_LARGE)
            return message

        await self.app(scope, receive_some, send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """(status, why) of a request that is not let in."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if _name_of(f"//{host}") not in self.hosts:
            return 421, "this server is not what you asked for"
        origin = headers.get("origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return 403, "another page may not ask"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "another page may not ask"
        first = scope["path"].split("/")[1:2]
        if not secrets.compare_digest("".join(first).encode(), self.token.encode()):
            return 404, "not found: the address that jaxneuron explore has printed leads here"
        length = headers.get("content-length", "0")
        if not re.fullmatch(r"\d{1,15}", length) or int(length) > MOST_BYTES:
            return TOO_LARGE
        return None


def _name_of(address: str) -> str | None:
    """The name of the host in an address, without its port."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await send(message)

    return send_with_headers
