# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportTypedDictNotRequiredAccess=false
"""Model calls, tool calls and retrievals inside graphs, with everything that was said."""

import warnings

import pytest
from inline_snapshot import snapshot
from langchain_core.caches import InMemoryCache
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import Command, Send
from tests.adapters.telling import one, tell

from playhead.boundary import restore
from playhead.steps import ModelCall, Restorable, ToolCall, Usage
from playhead.testing import Recording


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool
def fail(a: int) -> int:
    """Always fail."""
    raise ConnectionError("no tool today")


def agent(llm, tools):
    """Return the smallest agent: a model that may call tools until it has an answer."""
    bound = llm.bind_tools(tools)
    graph = StateGraph(MessagesState).add_node("tools", ToolNode(tools))
    graph.add_node("agent", lambda state: {"messages": [bound.invoke(state["messages"])]})
    graph.add_edge(START, "agent").add_edge("tools", "agent")
    return graph.add_conditional_edges("agent", tools_condition).compile(name="agent")


def test_an_agent_shows_its_model_calls_tools_and_ways(recording: Recording, model):
    prompt = [SystemMessage("You add."), HumanMessage("call add")]
    agent(model(temperature=0.3), [add]).invoke({"messages": prompt})
    assert tell(recording) == snapshot("""\
workflow agent completed
  node agent
    model_call gpt-4o-mini
      http_attempt 200
    branch tools_condition: tools of tools, __end__ (literal)
  node tools
    tool_call add
  node agent
    model_call gpt-4o-mini
      http_attempt 200
    branch tools_condition: __end__ of tools, __end__ (literal)\
""")


def test_a_model_call_holds_what_was_asked_offered_and_answered(recording: Recording, model):
    llm = model(temperature=0.3, max_completion_tokens=99, seed=7).bind_tools(
        [add], tool_choice="auto"
    )
    llm.invoke([SystemMessage("You add."), HumanMessage("call add")])
    call = one(recording, "model_call").step
    request = one(recording, "http_attempt").step
    assert call == ModelCall(
        name="gpt-4o-mini",
        framework="langchain",
        provider="openai",
        model="gpt-4o-mini",
        temperature=0.3,
        seed=7,
        max_tokens=99,
        stream=False,
        parameters=snapshot({"tool_choice": "auto"}),
        messages=snapshot(
            [
                {"role": "system", "parts": [{"type": "text", "content": "You add."}]},
                {"role": "user", "parts": [{"type": "text", "content": "call add"}]},
            ]
        ),
        tools=snapshot(
            [
                {
                    "type": "function",
                    "name": "add",
                    "description": "Add two numbers.",
                    "parameters": {
                        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
                        "required": ["a", "b"],
                        "type": "object",
                    },
                }
            ]
        ),
        answer=snapshot(
            [
                {
                    "role": "assistant",
                    "parts": [
                        {"type": "text", "content": "I need the sums."},
                        {
                            "type": "tool_call",
                            "id": "call_0001",
                            "name": "add",
                            "arguments": {"a": 1, "b": 2},
                        },
                    ],
                    "finish_reason": "tool_calls",
                }
            ]
        ),
        response_id="chatcmpl-0001",
        response_model="gpt-4o-mini-2026-01-15",
        finish_reasons=("tool_calls",),
        usage=snapshot(
            Usage(tokens_input=63, tokens_output=8, tokens_cache_read=0, tokens_reasoning=0)
        ),
        resend_count=0,
        request_hash=request.request_hash,
    )
    assert request.request["body"]["model"] == "gpt-4o-mini"


def test_a_tool_call_holds_arguments_result_and_the_form_to_restore_it(recording: Recording, model):
    agent(model(), [add]).invoke({"messages": [HumanMessage("call add")]})
    assert one(recording, "tool_call").step == ToolCall(
        name="add",
        framework="langchain",
        input={"a": 1, "b": 2},
        output="3",
        call_id="call_0001",
        description="Add two numbers.",
        boundary=Restorable(
            state="restorable",
            result=snapshot(
                {
                    "$message": [
                        "tool",
                        {
                            "content": "3",
                            "additional_kwargs": {},
                            "response_metadata": {},
                            "type": "tool",
                            "name": "add",
                            "id": None,
                            "tool_call_id": "call_0001",
                            "artifact": None,
                            "status": "success",
                        },
                    ]
                }
            ),
        ),
    )


def test_a_tool_that_raises_keeps_its_exception(recording: Recording):
    with pytest.raises(ConnectionError, match="no tool today"):
        fail.invoke({"a": 1})
    call = one(recording, "tool_call")
    assert (call.error_type, call.error_message) == ("ConnectionError", "no tool today")
    again = restore(call.step.boundary, None)
    assert (type(again), again.args) == (ConnectionError, ("no tool today",))


def test_a_result_that_cannot_be_restored_says_so(recording: Recording):
    class Opaque:
        pass

    @tool
    def opaque() -> object:
        """Give something that no JSON can hold."""
        return Opaque()

    opaque.invoke({})
    boundary = one(recording, "tool_call").step.boundary
    assert boundary.state == "unrestorable" and "Opaque" in boundary.reason


def test_a_command_from_a_tool_can_be_restored(recording: Recording):
    @tool
    def hand_over(to: str) -> Command:
        """Send the conversation to somebody else."""
        said = ToolMessage("handed over", tool_call_id="c1", id="m1")
        return Command(goto=Send(to, {"x": 1}), update={"messages": [said]})

    hand_over.invoke({"to": "sales"})
    boundary = one(recording, "tool_call").step.boundary
    assert boundary.state == "restorable"
    assert boundary.result["$command"]["goto"] == {"$send": ["sales", {"x": 1}]}
    (message,) = boundary.result["$command"]["update"]["messages"]
    assert message["$message"][0] == "tool"
    assert message["$message"][1]["content"] == "handed over"


def test_tools_in_parallel_are_siblings(recording: Recording):
    calls = [{"name": "add", "args": {"a": n, "b": n}, "id": f"c{n}"} for n in (1, 2)]
    graph = StateGraph(MessagesState).add_node("tools", ToolNode([add])).add_edge(START, "tools")
    graph.compile().invoke({"messages": [AIMessage("", tool_calls=calls)]})
    assert tell(recording) == snapshot("""\
workflow LangGraph completed
  node tools
    tool_call add
    tool_call add\
""")
    found = {s.step.call_id: s.step.output for s in recording.all() if s.step.kind == "tool_call"}
    assert found == {"c1": "2", "c2": "4"}


def test_a_retriever_tells_query_and_documents(recording: Recording):
    class Shelf(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            return [Document("about refunds", metadata={"page": 3}, id="d1")]

    Shelf().invoke("refunds")
    found = one(recording, "retrieval", "Shelf").step
    assert found.input == "refunds"
    assert found.output == [{"id": "d1", "content": "about refunds", "metadata": {"page": 3}}]


def test_an_answer_from_langchains_own_cache_costs_nothing(recording: Recording, model):
    llm = model(cache=InMemoryCache())
    llm.invoke("say hello")
    llm.invoke("say hello")
    first, second = recording.steps()
    assert [s.step.kind for s in first.children] == ["http_attempt"]
    assert second.children == ()
    assert second.step.usage == Usage(tokens_input=0, tokens_output=0)


def test_a_stream_that_breaks_keeps_what_had_come(recording: Recording, model):
    said = []
    with pytest.raises(Exception):  # noqa: B017 - the client library's own, unchanged
        for chunk in model(max_retries=0).stream("cut one two three four"):
            said.append(chunk.content)
    call, attempt = one(recording, "model_call"), one(recording, "http_attempt")
    assert "".join(said) == "one two"
    assert call.step.answer[0]["parts"] == [{"type": "text", "content": "one two"}]
    assert call.error_type.endswith("ConnectionError")
    assert attempt.error_type == "httpx2.RemoteProtocolError"
    assert b"two" in attempt.step.response_body


def test_structured_output_tells_the_schema_that_was_asked_for(recording: Recording, model):
    schema = {
        "title": "verdict",
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
    }
    with warnings.catch_warnings():
        assert model().with_structured_output(schema).invoke('say {"ok": true}') == {"ok": True}
    parameters = one(recording, "model_call").step.parameters
    assert parameters["response_format"]["json_schema"]["name"] == "verdict"
