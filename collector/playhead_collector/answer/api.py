"""The read routes under `/api`: one per `Reader` method, under the same name.

Answers are the views as JSON. Errors have one shape: `{"error": {"code", "message", "hint"}}`.
"""

import gzip
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from playhead_collector.answer.live import Feed, TooManyClients
from playhead_collector.read import PAGE_ROWS, CostBy, QueryError, Reader, RunQuery
from playhead_collector.store.store import StoreError
from playhead_collector.views import (
    CostRow,
    FailureGroup,
    Health,
    HourCell,
    Outline,
    Overview,
    Page,
    Refused,
    RunView,
    StepDetail,
    StepView,
    Version,
)

GZIP_FROM_BYTES: Final = 4_096  # smaller answers fit a few packets anyway
GZIP_LEVEL: Final = 1  # 10 ms for the outline of 10,000 steps; level 6 takes 40 for a fifth less
JSON: Final = "application/json"
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"model": Refused, "description": "Not answered, and why"}
}
EVENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/event-stream": {}}, "description": "`changed`, as often as it happens"}
}

Answer = BaseModel | None
Since = Annotated[int | None, Query(description="Runs that started then or later, ns")]
Until = Annotated[int | None, Query(description="Runs that started before, ns")]
Search = Annotated[str, Query(description="The search language, docs/reference/search.md")]


def create_api(reader: Reader, feed: Feed | None = None) -> APIRouter:
    """Return the router of all read routes; without a feed, nothing is ever told live."""
    router = APIRouter(prefix="/api", responses=REFUSALS)
    _add_runs(router, reader)
    _add_numbers(router, reader)
    _add_live(router, reader, feed or Feed())
    _add_run(router, reader)
    return router


def _add_runs(router: APIRouter, reader: Reader) -> None:
    @router.get("/runs", response_model=Page[RunView])
    async def runs(
        request: Request,
        q: Search = "",
        sort: str = "-start",
        limit: int = PAGE_ROWS,
        cursor: str | None = None,
        since_ns: Since = None,
        until_ns: Until = None,
    ) -> Response:
        query = RunQuery(
            q=q, sort=sort, limit=limit, cursor=cursor, since_ns=since_ns, until_ns=until_ns
        )
        return await _answer(request, lambda: reader.runs(query))

    @router.get("/runs/{run_id:path}/steps", response_model=Page[StepView])
    async def steps(
        request: Request, run_id: str, limit: int = PAGE_ROWS, cursor: str | None = None
    ) -> Response:
        def read(found: str) -> Page[StepView]:
            return reader.steps(found, limit=limit, cursor=cursor)

        return await _answer(request, _of_run(reader, run_id, read), f"run {run_id!r}")

    @router.get("/runs/{run_id:path}/outline", response_model=Outline)
    async def outline(request: Request, run_id: str) -> Response:
        return await _answer(request, _of_run(reader, run_id, reader.outline), f"run {run_id!r}")

    @router.get("/steps/{step_id}", response_model=StepDetail)
    async def step(request: Request, step_id: str) -> Response:
        return await _answer(request, lambda: reader.step(step_id), f"step {step_id!r}")


def _add_numbers(router: APIRouter, reader: Reader) -> None:
    @router.get("/health", response_model=Health)
    async def health(request: Request) -> Response:
        return await _answer(request, reader.health)

    @router.get("/overview", response_model=Overview)
    async def overview(request: Request, since_ns: Since = None) -> Response:
        return await _answer(request, lambda: reader.overview(since_ns=since_ns))

    @router.get("/costs", response_model=Page[CostRow])
    async def costs(
        request: Request,
        by: CostBy = "workflow",
        q: Search = "",
        since_ns: Since = None,
        until_ns: Until = None,
    ) -> Response:
        def read() -> Page[CostRow]:
            return _page(reader.costs(by, q=q, since_ns=since_ns, until_ns=until_ns))

        return await _answer(request, read)

    @router.get("/failures", response_model=Page[FailureGroup])
    async def failures(
        request: Request, q: Search = "", since_ns: Since = None, until_ns: Until = None
    ) -> Response:
        def read() -> Page[FailureGroup]:
            return _page(reader.failures(q=q, since_ns=since_ns, until_ns=until_ns))

        return await _answer(request, read)

    @router.get("/failures/hours", response_model=Page[HourCell])
    async def hours(
        request: Request, q: Search = "", since_ns: Since = None, until_ns: Until = None
    ) -> Response:
        def read() -> Page[HourCell]:
            return _page(reader.failure_hours(q=q, since_ns=since_ns, until_ns=until_ns))

        return await _answer(request, read)


def _add_live(router: APIRouter, reader: Reader, feed: Feed) -> None:
    @router.get("/version", response_model=Version)
    async def version(request: Request, run_id: str | None = None) -> Response:
        return await _answer(request, lambda: Version(version=reader.version(run_id)))

    @router.get("/events", response_class=StreamingResponse, responses=EVENTS)
    async def events(request: Request) -> Response:
        return _stream(request, feed, reader, None)

    @router.get("/runs/{run_id:path}/events", response_class=StreamingResponse, responses=EVENTS)
    async def run_events(request: Request, run_id: str) -> Response:
        found = await run_in_threadpool(reader.find_run, run_id)
        if found is None:
            return _unknown(f"run {run_id!r}")
        return _stream(request, feed, reader, found)


def _add_run(router: APIRouter, reader: Reader) -> None:
    """Add the route of one run: the last, since a sender's id may have slashes."""

    @router.get("/runs/{run_id:path}", response_model=RunView)
    async def run(request: Request, run_id: str) -> Response:
        return await _answer(request, _of_run(reader, run_id, reader.run), f"run {run_id!r}")


def _of_run(reader: Reader, run_id: str, read: Callable[[str], Answer]) -> Callable[[], Answer]:
    """Return a question about a run that may be named by a prefix, or as `latest`."""

    def ask() -> Answer:
        found = reader.find_run(run_id)
        return None if found is None else read(found)

    return ask


def _page(items: Sequence[Any]) -> Page[Any]:
    return Page[Any].model_construct(items=list(items), next_cursor=None, total=len(items))


async def _answer(request: Request, ask: Callable[[], Answer], what: str = "") -> Response:
    """Ask in a thread, and encode there too."""
    packed = "gzip" in request.headers.get("accept-encoding", "")

    def work() -> Response:
        view = ask()
        if view is None:
            return _unknown(what)
        body = view.model_dump_json().encode()
        if not packed or len(body) < GZIP_FROM_BYTES:
            return Response(body, media_type=JSON, headers={"vary": "accept-encoding"})
        headers = {"content-encoding": "gzip", "vary": "accept-encoding"}
        return Response(gzip.compress(body, GZIP_LEVEL), media_type=JSON, headers=headers)

    return await _guarded(run_in_threadpool(work))


async def _guarded(answer: Awaitable[Response]) -> Response:
    try:
        return await answer
    except QueryError as problem:
        return _error(
            400, "bad_query", problem.message, problem.hint, {"position": problem.position}
        )
    except StoreError:
        return _error(503, "index_unavailable", "The index cannot answer now.", "Try again.")


def _stream(request: Request, feed: Feed, reader: Reader, run_id: str | None) -> Response:
    last = request.headers.get("last-event-id", "")
    stopping = getattr(request.app.state, "stopping", None)
    try:
        feed.check_room()
    except TooManyClients:
        return _error(503, "too_many_listeners", "Too many pages are open.", "Close some.")
    lines = feed.listen(
        now=lambda: reader.version(run_id),
        run_id=run_id,
        after=int(last) if last.isdecimal() and len(last) < 20 else None,
        stopping=stopping.is_set if stopping is not None else lambda: False,
    )
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(lines, media_type="text/event-stream", headers=headers)


def _unknown(what: str) -> Response:
    hint = "It may not have arrived yet, or several ids begin so."
    return _error(404, "not_found", f"There is no {what}.", hint)


def _error(
    status: int, code: str, message: str, hint: str, more: dict[str, Any] | None = None
) -> Response:
    error = {"code": code, "message": message, "hint": hint or None, **(more or {})}
    return Response(msgspec.json.encode({"error": error}), status_code=status, media_type=JSON)
