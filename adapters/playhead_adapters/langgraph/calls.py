# pyright: basic
"""Model calls, tool calls and retrievals, from what LangChain tells its callback handlers."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from playhead import semconv as names
from playhead.boundary import restorable_error
from playhead.steps import Custom, Json, ModelCall, Retrieval, ToolCall, Usage
from playhead_adapters.langgraph.activities import Activities, Activity
from playhead_adapters.langgraph.content import to_json, tool_output
from playhead_adapters.messages import answer, from_langchain, tool_definitions

RETRY_TAG: Final = "retry:attempt:"
_STATED: Final = frozenset(
    {
        *("model", "model_name", "model_id", "tools", "functions", "temperature", "top_p", "seed"),
        *("max_tokens", "max_completion_tokens", "max_output_tokens", "stream", "_type"),
    }
)
_NO_TOKENS: Final = Usage(tokens_input=0, tokens_output=0)


class Calls:
    """Opens a step when a call starts and ends it with what came of it."""

    def __init__(self, activities: Activities) -> None:
        """Share the runs in progress with the graphs they belong to."""
        self._activities = activities

    def model_started(
        self, run_id: UUID, parent_run_id: UUID | None, messages: Any, more: Mapping[str, Any]
    ) -> None:
        """Open a model call with the messages as rendered."""
        blocks = to_json([from_langchain(message) for message in messages])
        self._model(run_id, parent_run_id, blocks, "chat", more)

    def completion_started(
        self, run_id: UUID, parent_run_id: UUID | None, prompt: str, more: Mapping[str, Any]
    ) -> None:
        """Open a call of a model that completes a text."""
        blocks = to_json([{"role": "user", "parts": [{"type": "text", "content": prompt}]}])
        self._model(run_id, parent_run_id, blocks, "text_completion", more)

    def token_came(self, run_id: UUID) -> None:
        """Note the first chunk; the request has been sent, so the caller is on its own again."""
        activity = self._activities.get(run_id)
        if activity is not None and activity.first_chunk_ns is None:
            activity.first_chunk_ns = self._activities.recorder.clock() - activity.start_ns
            self._activities.leave(activity)

    def model_ended(self, run_id: UUID, response: Any) -> None:
        """End a model call with its answer."""
        activity = self._activities.take(run_id)
        if activity is not None and activity.step is not None:
            activity.step.update(**_outcome(activity, response))
            self._activities.end(activity)

    def model_failed(self, run_id: UUID, error: BaseException, partial: Any) -> None:
        """End a model call that raised; what was already streamed is kept."""
        activity = self._activities.take(run_id)
        if activity is None or activity.step is None:
            return
        if partial is not None and any(partial.generations):
            activity.step.update(**_outcome(activity, partial))
        elif activity.first_chunk_ns is not None:
            activity.step.update(first_chunk_s=activity.first_chunk_ns / 1e9, stream=True)
        self._end_failed(activity, error)

    def tool_started(
        self,
        run_id: UUID,
        parent_run_id: UUID | None,
        serialized: Any,
        text: str,
        more: Mapping[str, Any],
    ) -> None:
        """Open a tool call with its arguments."""
        described: Mapping[str, Any] = serialized or {}
        name = str(more.get("name") or described.get("name") or "tool")
        arguments = more.get("inputs")
        step = ToolCall(
            name=name,
            framework="langchain",
            input=to_json(text if arguments is None else arguments),
            call_id=more.get("tool_call_id"),
            description=described.get("description"),
            attempt=_attempt(more),
        )
        activity = self._activities.add(run_id, parent_run_id, name)
        self._activities.open(activity, step)
        self._activities.enter(activity)

    def tool_ended(self, run_id: UUID, output: Any) -> None:
        """End a tool call with its result, and with the form that replay can restore."""
        activity = self._activities.take(run_id)
        if activity is not None and activity.step is not None:
            content, boundary = tool_output(output)
            activity.step.update(output=content, boundary=boundary)
            self._activities.end(activity)

    def retrieval_started(
        self,
        run_id: UUID,
        parent_run_id: UUID | None,
        serialized: Any,
        query: str,
        more: Mapping[str, Any],
    ) -> None:
        """Open a retrieval."""
        name = str(more.get("name") or (serialized or {}).get("name") or "retriever")
        activity = self._activities.add(run_id, parent_run_id, name)
        self._activities.open(
            activity, Retrieval(name=name, framework="langchain", input=to_json(query))
        )
        self._activities.enter(activity)

    def retrieval_ended(self, run_id: UUID, documents: Any) -> None:
        """End a retrieval with its documents."""
        activity = self._activities.take(run_id)
        if activity is not None and activity.step is not None:
            activity.step.update(output=to_json([_document(found) for found in documents]))
            self._activities.end(activity)

    def failed(self, run_id: UUID, error: BaseException) -> None:
        """End a tool call or a retrieval that raised."""
        activity = self._activities.take(run_id)
        if activity is None or activity.step is None:
            return
        if isinstance(activity.step.step, ToolCall) and control_flow(error) is None:
            activity.step.update(boundary=restorable_error(error))
        self._end_failed(activity, error)

    def event_came(self, run_id: UUID, name: str, data: Any) -> None:
        """State what the program told LangChain by `dispatch_custom_event`."""
        activity = self._activities.get(run_id)
        above = activity.nearest_step() if activity is not None else None
        step = Custom(name=name, framework="langchain", output=to_json(data))
        if above is None:
            self._activities.recorder.open(step).end()
        else:
            self._activities.recorder.open(step, parent=above).end()

    def _model(
        self,
        run_id: UUID,
        parent_run_id: UUID | None,
        blocks: Json,
        operation: str,
        more: Mapping[str, Any],
    ) -> None:
        stated: Mapping[str, Any] = more.get("invocation_params") or {}
        metadata: Mapping[str, Any] = more.get("metadata") or {}
        tools = tool_definitions(stated.get("tools") or stated.get("functions"))
        others = {k: v for k, v in stated.items() if k not in _STATED and v is not None}
        model = metadata.get("ls_model_name") or stated.get("model") or stated.get("model_name")
        step = ModelCall(
            name=str(more.get("name") or model or "model"),
            framework="langchain",
            operation=operation,
            provider=metadata.get("ls_provider"),
            model=model,
            temperature=_first(stated.get("temperature"), metadata.get("ls_temperature")),
            top_p=stated.get("top_p"),
            seed=stated.get("seed"),
            max_tokens=_first(
                stated.get("max_tokens"),
                stated.get("max_completion_tokens"),
                metadata.get("ls_max_tokens"),
            ),
            parameters=to_json(others) if others else None,
            messages=blocks,
            tools=None if tools is None else to_json(tools),
            attempt=_attempt(more),
        )
        activity = self._activities.add(run_id, parent_run_id, step.name)
        self._activities.open(activity, step)
        self._activities.enter(activity)
        if activity.parent is not None and activity.step is not None:
            activity.parent.calls.append(activity.step)

    def _end_failed(self, activity: Activity, error: BaseException) -> None:
        outcome = control_flow(error)
        if outcome is None or activity.step is None:
            self._activities.end(activity, error=error)
            return
        facts = {**activity.step.step.attributes, names.STEP_OUTCOME: outcome}
        activity.step.update(attributes=facts)
        self._activities.end(activity)


def control_flow(error: BaseException) -> str | None:
    """Return what an exception means that is no failure: "interrupted" or "cancelled"; else `None`."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "GraphBubbleUp" in kinds:
        return "interrupted"
    if kinds & {"CancelledError", "GeneratorExit", "KeyboardInterrupt"}:
        return "cancelled"
    return None


def _outcome(activity: Activity, response: Any) -> dict[str, Any]:
    """Return the facts of a finished model call."""
    generation = response.generations[0][0]
    message = getattr(generation, "message", None)
    facts: dict[str, Any] = {"stream": activity.first_chunk_ns is not None}
    if activity.first_chunk_ns is not None:
        facts["first_chunk_s"] = activity.first_chunk_ns / 1e9
    described = {**(getattr(generation, "generation_info", None) or {})}
    described.update(getattr(message, "response_metadata", None) or {})
    reason = described.get("finish_reason") or described.get("stop_reason")
    if message is None:
        said = [{"role": "assistant", "parts": [{"type": "text", "content": generation.text}]}]
    else:
        said = answer(message, reason)
    facts["answer"] = to_json(said)
    facts["finish_reasons"] = (str(reason),) if reason else ()
    facts["response_id"] = described.get("id") or _provider_id(message)
    facts["response_model"] = described.get("model_name") or described.get("model")
    facts["usage"] = _usage(message, response.llm_output)
    return facts


def _usage(message: Any, llm_output: Any) -> Usage:
    """Return the tokens that the provider billed; unknown when it did not say."""
    usage: Mapping[str, Any] | None = getattr(message, "usage_metadata", None)
    if usage:
        if usage.get("total_cost") == 0:  # langchain-core marks an answer from its own cache so
            return _NO_TOKENS
        given, made = (
            usage.get("input_token_details") or {},
            usage.get("output_token_details") or {},
        )
        return Usage(
            tokens_input=usage.get("input_tokens"),
            tokens_output=usage.get("output_tokens"),
            tokens_cache_read=given.get("cache_read"),
            tokens_cache_write=given.get("cache_creation"),
            tokens_reasoning=made.get("reasoning"),
        )
    told: Mapping[str, Any] = (llm_output or {}).get("token_usage") or {}
    return Usage(
        tokens_input=told.get("prompt_tokens"), tokens_output=told.get("completion_tokens")
    )


def _provider_id(message: Any) -> str | None:
    """Return the provider's id of an answer; ids that LangChain made up are none."""
    found = getattr(message, "id", None)
    return found if isinstance(found, str) and not found.startswith(("run-", "lc_run-")) else None


def _document(found: Any) -> dict[str, Any]:
    said = {"content": found.page_content, "metadata": found.metadata}
    return said if found.id is None else {"id": found.id, **said}


def _attempt(more: Mapping[str, Any]) -> int | None:
    """Return which try of `with_retry` this is; LangChain tags those after the first."""
    for tag in more.get("tags") or ():
        if tag.startswith(RETRY_TAG) and tag.removeprefix(RETRY_TAG).isdigit():
            return int(tag.removeprefix(RETRY_TAG))
    return None


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)
