# pyright: basic
"""A server around books: the whole dashboard, the real read API and the real live feed."""

import time
from dataclasses import dataclass, field

from fastapi import FastAPI, Request
from fastapi.responses import Response
from tests.dashboard.fixtures_outline import Book
from tests.dashboard.memory_reader import MemoryReader

from playhead_collector.answer.api import create_api
from playhead_collector.answer.live import Feed
from playhead_collector.views import Outline, RunView, StepDetail
from playhead_dashboard.app import content_security_policy, create_app


@dataclass
class BookReader(MemoryReader):
    """Answers the Run page's questions from books."""

    books: dict[str, Book] = field(default_factory=dict[str, Book])
    feed: Feed = field(default_factory=Feed)
    told: int = field(default_factory=time.time_ns)  # generations rise, as the index's do
    _made: dict[str, tuple[int, Outline]] = field(default_factory=dict)

    def find_run(self, reference: str) -> str | None:
        return reference if reference in self.books else None

    def run(self, run_id: str) -> RunView | None:
        return self.books[run_id].run() if run_id in self.books else None

    def outline(self, run_id: str) -> Outline | None:
        """Make an outline once per version: that of 10,000 steps takes longer than the store's."""
        book = self.books.get(run_id)
        if book is None:
            return None
        if self._made.get(run_id, (0, None))[0] != book.version:
            self._made[run_id] = (book.version, book.outline())
        return self._made[run_id][1]

    def step(self, step_id: str) -> StepDetail | None:
        found = (book.detail(step_id) for book in self.books.values() if step_id in book.steps)
        return next(found, None)

    def version(self, run_id: str | None = None) -> int:
        return self.books[run_id].version if run_id in self.books else 1

    def tell(self, book: Book) -> None:
        """Say that a book changed."""
        book.version += 1
        self.told += 1
        self.feed.publish(self.told, {book.run_id: book.version})


def run_app(reader: BookReader) -> FastAPI:
    app = FastAPI()
    app.include_router(create_api(reader, reader.feed))
    dash = create_app(reader, app)
    policy = content_security_policy(dash)

    @app.middleware("http")
    async def secure(request: Request, call_next):  # type: ignore[no-untyped-def]
        response: Response = await call_next(request)
        response.headers["content-security-policy"] = policy
        return response

    return app
