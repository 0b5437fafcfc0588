# pyright: basic
"""A server around a `Reader` in memory: the dashboard, and an event stream that tells nothing."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from tests.dashboard.memory_reader import NOW_NS

from playhead_collector.read import Reader
from playhead_dashboard.app import content_security_policy, create_app


def memory_app(reader: Reader) -> FastAPI:
    app = FastAPI()

    @app.get("/api/events")
    async def events(request: Request) -> StreamingResponse:
        async def stream() -> AsyncIterator[str]:
            yield f'data: {{"version": {reader.version() + 1}}}\n\n'
            while not await request.is_disconnected():
                await asyncio.sleep(0.2)

        return StreamingResponse(stream(), media_type="text/event-stream")

    dash = create_app(reader, app, clock=lambda: NOW_NS)
    policy = content_security_policy(dash)

    @app.middleware("http")
    async def secure(request: Request, call_next):  # type: ignore[no-untyped-def]
        response: Response = await call_next(request)
        response.headers["content-security-policy"] = policy
        return response

    return app
