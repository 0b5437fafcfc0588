# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportTypedDictNotRequiredAccess=false
"""Chat messages of every shape become prompt blocks, and nothing that was said is lost."""

import pytest
from inline_snapshot import snapshot
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from playhead_adapters.messages import answer, from_content, from_langchain, tool_definitions


@pytest.mark.parametrize(
    ("message", "role"),
    [
        (SystemMessage("x"), "system"),
        (HumanMessage("x"), "user"),
        (AIMessage("x"), "assistant"),
        (AIMessageChunk("x"), "assistant"),  # pyright: ignore
        (ChatMessage("x", role="critic"), "critic"),  # pyright: ignore
    ],
)
def test_roles_are_those_of_the_convention(message, role: str):
    assert from_langchain(message) == {"role": role, "parts": [{"type": "text", "content": "x"}]}


def test_reasoning_text_and_tool_calls_keep_their_order():
    message = AIMessage(
        [
            {"type": "thinking", "thinking": "Let me see.", "signature": "s"},
            {"type": "text", "text": "I will search."},
            {"type": "tool_use", "id": "t1", "name": "search", "input": {"q": "x"}},
        ],
        tool_calls=[{"id": "t1", "name": "search", "args": {"q": "x"}}],
    )
    assert from_langchain(message)["parts"] == snapshot(
        [
            {"type": "reasoning", "content": "Let me see."},
            {"type": "text", "content": "I will search."},
            {"type": "tool_call", "id": "t1", "name": "search", "arguments": {"q": "x"}},
        ]
    )


def test_reasoning_that_a_provider_sends_beside_the_content_comes_first():
    message = AIMessage("42", additional_kwargs={"reasoning_content": "6 times 7"})
    assert from_langchain(message)["parts"] == [
        {"type": "reasoning", "content": "6 times 7"},
        {"type": "text", "content": "42"},
    ]


def test_arguments_that_are_no_json_are_kept_as_they_were_written():
    broken = {"id": "t1", "name": "search", "args": '{"q": ', "error": "cut off", "type": "x"}
    message = AIMessage("", invalid_tool_calls=[{**broken, "type": "invalid_tool_call"}])
    assert from_langchain(message)["parts"] == snapshot(
        [
            {
                "type": "tool_call",
                "id": "t1",
                "name": "search",
                "arguments": '{"q": ',
                "error": "cut off",
            }
        ]
    )


def test_a_tools_answer_names_its_call_and_its_failure():
    assert from_langchain(ToolMessage("no", tool_call_id="t1", status="error")) == {
        "role": "tool",
        "parts": [{"type": "tool_call_response", "id": "t1", "response": "no", "status": "error"}],
    }


def test_images_and_unknown_blocks_are_kept():
    image = {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}
    odd = {"type": "video", "clip": 7}
    assert from_content(["look", image, odd, 5]) == [
        {"type": "text", "content": "look"},
        {"type": "uri", "modality": "image", "uri": "https://x.test/a.png"},
        {"type": "video", "clip": 7},
    ]


@pytest.mark.parametrize("content", ["", None, [], 7])
def test_empty_content_has_no_parts(content: object):
    assert from_content(content) == []


def test_an_answer_says_why_it_ended():
    assert answer(AIMessage("done"), "stop")[0]["finish_reason"] == "stop"
    assert "finish_reason" not in answer(AIMessage("done"), None)[0]


def test_tools_of_three_providers_look_the_same():
    schema = {"type": "object", "properties": {}}
    chat = {"type": "function", "function": {"name": "f", "parameters": schema}}
    responses = {"type": "function", "name": "f", "parameters": schema}
    anthropic = {"name": "f", "input_schema": schema}
    same = {"type": "function", "name": "f", "parameters": schema}
    assert tool_definitions([chat, responses, anthropic]) == [same, same, same]
    assert tool_definitions([]) is None is tool_definitions(None)
