"""A server around books: the whole dashboard, and the part of the API that the Run page reads."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response, StreamingResponse
from playhead_collector.views import Outline, RunView, StepDetail
from playhead_dashboard.app import content_security_policy, create_app
from tests.dashboard.fixtures_outline import Book
from tests.dashboard.memory_reader import MemoryReader


@dataclass
class BookReader(MemoryReader):
    """Answers the Run page's questions from books."""

    books: dict[str, Book] = field(default_factory=dict[str, Book])

    def run(self, run_id: str) -> RunView | None:
        return self.books[run_id].run() if run_id in self.books else None

    def outline(self, run_id: str) -> Outline | None:
        return self.books[run_id].outline() if run_id in self.books else None

    def step(self, step_id: str) -> StepDetail | None:
        found = (book.detail(step_id) for book in self.books.values() if step_id in book.steps)
        return next(found, None)

    def version(self, run_id: str | None = None) -> int:
        return self.books[run_id].version if run_id in self.books else 1


def run_app(reader: BookReader) -> FastAPI:
    app = FastAPI()
    outlines: dict[tuple[str, int], bytes] = {}  # the 10,000-step run is made once

    @app.get("/api/runs/{run_id}/outline")
    async def outline(run_id: str) -> Response:
        if run_id not in reader.books:
            raise HTTPException(404, "no such run")
        key = (run_id, reader.books[run_id].version)
        if key not in outlines:
            made = reader.outline(run_id)
            assert made is not None
            outlines[key] = made.model_dump_json().encode()
        return Response(outlines[key], media_type="application/json")

    @app.get("/api/steps/{step_id}")
    async def step(step_id: str) -> Response:
        found = reader.step(step_id)
        if found is None:
            raise HTTPException(404, "no such step")
        return Response(found.model_dump_json(), media_type="application/json")

    @app.get("/api/events")
    @app.get("/api/runs/{run_id}/events")
    async def events(request: Request, run_id: str | None = None) -> StreamingResponse:
        async def stream() -> AsyncIterator[str]:
            told = 0
            while not await request.is_disconnected():
                now = reader.version(run_id)
                if now != told:
                    yield f"event: version\ndata: {json.dumps({'version': now})}\n\n"
                told = now
                await asyncio.sleep(0.05)

        return StreamingResponse(stream(), media_type="text/event-stream")

    dash = create_app(reader, app)
    policy = content_security_policy(dash)

    @app.middleware("http")
    async def secure(request: Request, call_next):  # type: ignore[no-untyped-def]
        response: Response = await call_next(request)
        response.headers["content-security-policy"] = policy
        return response

    return app
