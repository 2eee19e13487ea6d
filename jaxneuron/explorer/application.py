"""The application that answers the page: each address, what it takes, and what it gives."""

import re
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import PurePath
from typing import Any

import anyio
import anyio.to_thread
import numpy as np
from plotly.offline import get_plotlyjs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from jaxneuron.explorer.beginnings import Beginning, facts_of
from jaxneuron.explorer.known_data import KnownData, Upload
from jaxneuron.explorer.messages import message
from jaxneuron.explorer.pictures import Trainer
from jaxneuron.explorer.saving import save_run, study_toml
from jaxneuron.explorer.views import index_below, read_json, read_view
from jaxneuron.runner.work import Stopped
from jaxneuron.study.bad_input import BadInput
from jaxneuron.view.web import explorer
from jaxneuron.view.web.lives import life_of, shown_examples

MOST_PAGES = 64
WORKING = 8  # requests at a time, of all pages
REFUSED = "X-Refused"
Handler = Callable[[Request], Awaitable[Response]]


class Explorer:
    """What the addresses of the page do."""

    def __init__(self, beginning: Beginning, known: KnownData) -> None:
        self._beginning, self._known, self._trainer = beginning, known, Trainer(known)
        self._stale: OrderedDict[str, threading.Event] = OrderedDict()  # of each page's last picture
        self._limiter: anyio.CapacityLimiter | None = None

    def application(self) -> Starlette:
        """The application, without what guards it."""
        pages = {
            "/": (explorer.page, "text/html"),
            "/explorer.js": (explorer.script, "text/javascript"),
            "/explorer.css": (explorer.style, "text/css"),
            "/plotly.js": (get_plotlyjs, "text/javascript"),
        }
        texts = [Route(path, partial(_text, make, kind)) for path, (make, kind) in pages.items()]
        asked = {
            "/picture": self.picture,
            "/life": self.life,
            "/study.toml": self.study_toml,
            "/examples": self.examples,
            "/data": self.data,
            "/sweep": self.sweep,
        }
        posts = [Route(path, _told(act), methods=["POST"]) for path, act in asked.items()]
        return Starlette(routes=[*texts, Route("/begin", self.begin), *posts])

    async def begin(self, request: Request) -> Response:
        """What the page has to know."""
        return JSONResponse(facts_of(self._beginning))

    async def picture(self, request: Request) -> Response:
        """The messages of a picture; the last one of the same page is stale."""
        view = read_view(read_json(await request.body()))
        is_stale = self._newest(request.headers.get("x-page", ""))
        messages = self._trainer.picture(view, is_stale)
        first = await self._in_thread(next, messages)  # raises what is wrong with it
        return self._stream(first, messages, is_stale)

    async def life(self, request: Request) -> Response:
        """The life of a neuron of a picture's cell."""
        given = read_json(await request.body())
        view = read_view(given.get("view"))
        column = index_below(given.get("column"), view.window.columns, "column")
        row = index_below(given.get("row"), view.window.rows, "row")
        replicate = index_below(
            given.get("replicate", 0), view.tables.get("sweep", {}).get("replicates", 1), "replicate"
        )

        def make() -> dict[str, Any]:
            lives, note = life_of(training := self._trainer.life(view, column, row, replicate))
            place = view.window.place(column, row)
            lives["list"][0]["place"] = place
            return {"lives": lives, "place": place, "fate": training.fate.name, "note": note}

        return JSONResponse(await self._in_thread(make))

    async def study_toml(self, request: Request) -> Response:
        """The study whose cells are those of a picture."""
        view = read_view(read_json(await request.body()))
        return PlainTextResponse(await self._in_thread(partial(study_toml, view, self._known)))

    async def examples(self, request: Request) -> Response:
        """The examples of some data, for drawing."""
        table = read_json(await request.body()).get("data")
        (data, *_) = await self._in_thread(partial(self._known.datasets, table))
        shown, scaling = shown_examples(data.x), data.scaling
        x = data.x[shown, 0] * scaling.x_scale[0] + scaling.x_offset[0]
        y = data.y[shown] * scaling.y_scale + scaling.y_offset
        is_scaled = bool(
            np.any(scaling.x_scale != 1) or np.any(scaling.x_offset != 0) or scaling.y_scale != 1
        )
        words = {"inputs": data.inputs, "target": data.target, "total": len(data.y), "isScaled": is_scaled}
        return JSONResponse({"x": x.tolist(), "y": y.tolist(), **words})

    async def data(self, request: Request) -> Response:
        """A file that is given to the page: its key, and its columns."""
        name = PurePath(request.query_params.get("name", "")).name
        key = self._known.hold(Upload(name, await request.body()))
        columns = await self._in_thread(partial(self._known.columns, key))
        return JSONResponse({"file": key, "name": name, "columns": columns})

    async def sweep(self, request: Request) -> Response:
        """A run of the study of a picture, with its progress."""
        given = read_json(await request.body())
        view, name = read_view(given.get("view")), given.get("name")
        if not isinstance(name, str) or not re.fullmatch(r"\w[\w.-]{0,63}", name, re.ASCII):
            raise BadInput("name: must be letters, digits, points and hyphens, such as boundary-1")
        stop = threading.Event()
        messages = save_run(view, self._known, name, stop)
        first = await self._in_thread(next, messages)
        return self._stream(first, messages, stop)

    def _newest(self, page: str) -> threading.Event:
        """What is set when the picture that begins now is stale; the page's last one is so at once."""
        if page in self._stale:
            self._stale.pop(page).set()
        while len(self._stale) >= MOST_PAGES:
            self._stale.popitem(last=False)[1].set()
        self._stale[page] = threading.Event()
        return self._stale[page]

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a function returns that would hold up all requests. StopIteration cannot leave a thread."""
        self._limiter = self._limiter or anyio.CapacityLimiter(WORKING)
        return await anyio.to_thread.run_sync(function, *arguments, limiter=self._limiter)

    def _stream(self, first: bytes, messages: Iterator[bytes], stop: threading.Event) -> Response:
        async def stream() -> AsyncIterator[bytes]:
            try:
                yield first
                while True:
                    try:
                        found = await self._in_thread(next, messages, None)
                    except (BadInput, Stopped, OSError) as error:
                        yield message("error", error=str(error))
                        return
                    if found is None:
                        return
                    yield found
            finally:  # of a page that is gone, too
                stop.set()

        return StreamingResponse(stream(), media_type="application/octet-stream")


def _told(act: Handler) -> Handler:
    """The handler, with what is wrong with a request as one line."""

    async def handle(request: Request) -> Response:
        try:
            return await act(request)
        except BadInput as error:
            # The page says it itself; to a status of failure the browser would add a line in its console.
            status = 200 if "x-page" in request.headers else 422
            return JSONResponse({"error": str(error)}, status, {REFUSED: "1"})

    return handle


async def _text(make: Callable[[], str], kind: str, request: Request) -> Response:
    return Response(make(), media_type=f"{kind}; charset=utf-8")
