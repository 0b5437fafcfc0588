"""A `Reader` over HTTP: what the command line asks when a server owns the data."""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from playhead_collector.read import PAGE_ROWS, CostBy, QueryError, RunQuery
from playhead_collector.views import (
    CostRow,
    FailureGroup,
    Health,
    HourCell,
    Outline,
    Overview,
    Page,
    RunView,
    StepDetail,
    StepView,
    Version,
)

TIMEOUT_S: Final = 30.0  # longer than the slowest question over a full store
ANSWER_BYTES_MAX: Final = 256 * 2**20  # an outline of a million steps; more is not ours

ViewT = TypeVar("ViewT", bound=BaseModel)


class ServerUnavailable(Exception):
    """The server does not answer, or not as a playhead does."""


class HttpReader:
    """Asks a running server. Any thread."""

    def __init__(self, address: str, *, token: str | None = None) -> None:
        """`address` is like `http://127.0.0.1:4318`; `token` where the server wants one."""
        self._address = address.rstrip("/")
        self._headers = {"accept": "application/json"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        # A proxy of the environment has nothing to do with a server on this machine.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def health(self) -> Health:
        """Return who answers, and how well the recorder is doing."""
        return self._must(Health, "health")

    def overview(self, *, since_ns: int | None = None) -> Overview:
        """Return the numbers of the start page."""
        return self._must(Overview, "overview", since_ns=since_ns)

    def runs(self, query: RunQuery) -> Page[RunView]:
        """Return a page of runs."""
        return self._must(
            Page[RunView],
            "runs",
            q=query.q,
            sort=query.sort,
            limit=query.limit,
            cursor=query.cursor,
            since_ns=query.since_ns,
            until_ns=query.until_ns,
        )

    def run(self, run_id: str) -> RunView | None:
        """Return one run."""
        return self._get(RunView, f"runs/{_path(run_id)}")

    def find_run(self, reference: str) -> str | None:
        """Resolve a run id, a unique prefix of one, or `latest`."""
        found = self._get(RunView, f"runs/{_path(reference)}")
        return found.run_id if found else None

    def steps(
        self, run_id: str, *, limit: int = PAGE_ROWS, cursor: str | None = None
    ) -> Page[StepView]:
        """Return a page of a run's steps in tree order; empty for an unknown run."""
        found = self._get(Page[StepView], f"runs/{_path(run_id)}/steps", limit=limit, cursor=cursor)
        return found or Page[StepView](items=[])

    def outline(self, run_id: str) -> Outline | None:
        """Return a run as columns, without content."""
        return self._get(Outline, f"runs/{_path(run_id)}/outline")

    def step(self, step_id: str) -> StepDetail | None:
        """Return one step with all its content."""
        return self._get(StepDetail, f"steps/{_path(step_id)}")

    def costs(
        self, by: CostBy, *, q: str = "", since_ns: int | None = None, until_ns: int | None = None
    ) -> list[CostRow]:
        """Return spend by workflow, model, tool, step or day."""
        page = self._must(Page[CostRow], "costs", by=by, q=q, since_ns=since_ns, until_ns=until_ns)
        return page.items

    def failures(
        self, *, q: str = "", since_ns: int | None = None, until_ns: int | None = None
    ) -> list[FailureGroup]:
        """Return failed runs by cause and place."""
        page = self._must(Page[FailureGroup], "failures", q=q, since_ns=since_ns, until_ns=until_ns)
        return page.items

    def failure_hours(
        self, *, q: str = "", since_ns: int | None = None, until_ns: int | None = None
    ) -> list[HourCell]:
        """Return the cells of weekday × hour that have any run."""
        page = self._must(
            Page[HourCell], "failures/hours", q=q, since_ns=since_ns, until_ns=until_ns
        )
        return page.items

    def version(self, run_id: str | None = None) -> int:
        """Return a number that rises when the run (or, without one, anything) changed."""
        return self._must(Version, "version", run_id=run_id).version

    def _must(self, view: type[ViewT], path: str, **query: Any) -> ViewT:
        found = self._get(view, path, **query)
        if found is None:
            raise ServerUnavailable(
                f"The server at {self._address} has no /api/{path}, so it runs another version of playhead; "
                "stop it and start it again: playhead up"
            )
        return found

    def _get(self, view: type[ViewT], path: str, **query: Any) -> ViewT | None:
        body = self._ask(path, query)
        try:
            return None if body is None else view.model_validate_json(body)
        except ValidationError as problem:
            raise ServerUnavailable(
                f"The server at {self._address} runs another version of playhead; stop it and start it again: "
                "playhead up"
            ) from problem

    def _ask(self, path: str, query: Mapping[str, Any]) -> bytes | None:
        """Return the body of an answer, None for a 404.

        Raises:
            QueryError: the server did not understand the query.
            ServerUnavailable: there is no answer, or a refusal.
        """
        if "//" in path + "/":
            return None  # an empty id: nobody has it
        stated = {key: value for key, value in query.items() if value is not None}
        url = f"{self._address}/api/{path}?{urllib.parse.urlencode(stated)}"
        request = urllib.request.Request(url, headers=self._headers)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                body = answer.read(ANSWER_BYTES_MAX)
                if answer.length:  # bytes that were promised and did not come
                    raise OSError("the answer was cut off")
                return body
        except urllib.error.HTTPError as problem:
            return _refused(problem)
        except (OSError, http.client.HTTPException) as problem:
            raise ServerUnavailable(
                f"The server at {self._address} does not answer: {problem}."
            ) from problem


def _refused(problem: urllib.error.HTTPError) -> None:
    with problem:
        body = problem.read(65_536)
    if problem.code == 404:
        return
    try:
        error: dict[str, Any] = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        error = {}
    if error.get("code") == "bad_query":
        raise QueryError(
            error["message"], position=error.get("position", 0), hint=error.get("hint") or ""
        )
    said = error.get("message") or problem.reason
    needed = " Before the command: export PLAYHEAD_TOKEN=…" if problem.code == 401 else ""
    raise ServerUnavailable(f"The server refused: {said}{needed}")


def _path(part: str) -> str:
    return urllib.parse.quote(part, safe="")
