# pyright: basic
"""What the tests of adapters share: a scripted provider, a model that talks to it, a recording."""

from collections.abc import Callable, Iterator

import langgraph.graph  # noqa: F401 - the adapter hooks what is loaded
import pytest
from examples.provider import Answer, Ask, Call, Refusal, ScriptedProvider
from langchain_openai import ChatOpenAI

from playhead import testing
from playhead.testing import Recording
from playhead_adapters.httpx import HttpxAdapter
from playhead_adapters.langgraph import LangGraphAdapter


def decide(ask: Ask) -> Answer | Refusal:
    """Answer by what the newest message asks for, so that a test says its script in the prompt."""
    word, _, rest = ask.last.partition(" ")
    if word.startswith("429x") and ask.retry < int(word[4:]):
        return Refusal(429, "slow down", retry_after_ms=10, code="rate_limit_exceeded")
    if word == "500" or ask.model == "first":
        return Refusal(500, "the provider is ill", code="server_error")
    if word == "call" and "tool" not in {m["role"] for m in ask.messages}:
        return Answer("I need the sums.", calls=(Call("add", {"a": 1, "b": 2}),))
    if word == "cut":
        return Answer(rest, break_after=3)
    return Answer(rest or "fine", cached_share=0.5, tokens_reasoning=3)


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider(decide) as running:
        yield running


@pytest.fixture
def model(provider: ScriptedProvider) -> Callable[..., ChatOpenAI]:
    def make(name: str = "gpt-4o-mini", **options: object) -> ChatOpenAI:
        settings = {"base_url": provider.url, "api_key": "scripted", "max_retries": 3, **options}
        return ChatOpenAI(model=name, **settings)  # pyright: ignore

    return make


@pytest.fixture
def recording() -> Iterator[Recording]:
    with testing.recorder(adapters=(LangGraphAdapter(), HttpxAdapter())) as recorded:
        yield recorded
        assert recorded.stats().errors == 0
