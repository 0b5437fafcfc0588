# pyright: basic
"""The callback handler: each LangChain callback, shielded, becomes one call of the tracker."""

from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler

from playhead.shield import shield
from playhead_adapters.langgraph.tracker import Tracker


def make_handler(tracker: Tracker) -> BaseCallbackHandler:
    """Return the one handler that every callback manager gets."""
    return _Handler(tracker)


class _Handler(BaseCallbackHandler):
    """`run_inline` keeps the order of callbacks, and our context variable in the caller's context."""

    run_inline = True
    raise_error = False

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    def on_chain_start(
        self,
        serialized: Any,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **more: Any,
    ) -> None:
        with shield("langgraph.chain_start"):
            self._tracker.chain_started(run_id, parent_run_id, inputs, more)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **more: Any) -> None:
        with shield("langgraph.chain_end"):
            self._tracker.chain_ended(run_id, outputs)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **more: Any) -> None:
        with shield("langgraph.chain_error"):
            self._tracker.chain_failed(run_id, error)

    def on_chat_model_start(
        self,
        serialized: Any,
        messages: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **more: Any,
    ) -> None:
        with shield("langgraph.model_start"):
            self._tracker.calls.model_started(run_id, parent_run_id, messages[0], more)

    def on_llm_start(
        self,
        serialized: Any,
        prompts: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **more: Any,
    ) -> None:
        with shield("langgraph.model_start"):
            self._tracker.calls.completion_started(run_id, parent_run_id, prompts[0], more)

    def on_llm_new_token(self, token: Any, *, run_id: UUID, **more: Any) -> None:
        with shield("langgraph.token"):
            self._tracker.calls.token_came(run_id)

    def on_stream_event(self, event: Any, *, run_id: UUID, **more: Any) -> None:
        with shield("langgraph.token"):
            self._tracker.calls.token_came(run_id)

    def on_llm_end(self, response: Any, *, run_id: UUID, **more: Any) -> None:
        with shield("langgraph.model_end"):
            self._tracker.calls.model_ended(run_id, response)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **more: Any) -> None:
        with shield("langgraph.model_error"):
            self._tracker.calls.model_failed(run_id, error, more.get("response"))

    def on_tool_start(
        self,
        serialized: Any,
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **more: Any,
    ) -> None:
        with shield("langgraph.tool_start"):
            self._tracker.calls.tool_started(run_id, parent_run_id, serialized, input_str, more)

    def on_tool_end(self, output: Any, *, run_id: UUID, **more: Any) -> None:
        with shield("langgraph.tool_end"):
            self._tracker.calls.tool_ended(run_id, output)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **more: Any) -> None:
        with shield("langgraph.tool_error"):
            self._tracker.calls.failed(run_id, error)

    def on_retriever_start(
        self,
        serialized: Any,
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **more: Any,
    ) -> None:
        with shield("langgraph.retriever_start"):
            self._tracker.calls.retrieval_started(run_id, parent_run_id, serialized, query, more)

    def on_retriever_end(self, documents: Any, *, run_id: UUID, **more: Any) -> None:
        with shield("langgraph.retriever_end"):
            self._tracker.calls.retrieval_ended(run_id, documents)

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **more: Any) -> None:
        with shield("langgraph.retriever_error"):
            self._tracker.calls.failed(run_id, error)

    def on_custom_event(self, name: str, data: Any, *, run_id: UUID, **more: Any) -> None:
        with shield("langgraph.custom_event"):
            self._tracker.calls.event_came(run_id, name, data)
