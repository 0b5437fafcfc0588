# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportTypedDictNotRequiredAccess=false
"""The first example tells its story: what a person should see when replaying it."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from inline_snapshot import snapshot
from langchain_openai import ChatOpenAI
from tests.adapters.telling import questions, tell

from playhead.testing import Recording

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch):
    """Return a function that asks one of the example's questions, by number."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    graph = importlib.import_module("research_graph")
    story = importlib.import_module("research_story")
    with graph.ScriptedProvider(story.decide) as provider:
        address = {"base_url": provider.url, "api_key": "scripted"}
        model = ChatOpenAI(model="gpt-4o-mini", max_retries=3, stream_usage=True, **address)
        yield lambda number: graph.research(story.QUESTIONS[number - 1], model)


def test_the_refund_question_meets_everything_once(recording: Recording, ask):
    assert ask(1) == "answered"
    assert tell(recording) == snapshot("""\
workflow research paused
  node plan
    model_call gpt-4o-mini
      http_attempt 200
    send fan_out: search, search of search (path_map)
  node search 1/3 !ConnectionError
    tool_call search_orders !ConnectionError
  node search 2/3
    tool_call search_orders
  node search 1/3
    tool_call search_policies
  node synthesise
    model_call gpt-4o-mini
      http_attempt 429 !429
      http_attempt 200
  node review
    model_call gpt-4o-mini
      http_attempt 200
    branch route_review: ask_person of publish, plan, ask_person (literal)
  node ask_person interrupted
workflow research #2 completed
  node ask_person
    command ask_person: publish of publish, plan (ends)
  node publish\
""")
    assert [(at, node, done) for at, node, _, done in questions(recording.all())] == snapshot(
        [("node ask_person", "ask_person", False), ("workflow research", "ask_person", True)]
    )


def test_a_harmless_question_needs_nobody(recording: Recording, ask):
    assert ask(2) == "answered"
    (root,) = recording.steps()
    assert root.step.outcome == "completed"
    assert root.step.output["report"]["sources"] == ["search_orders", "search_policies"]


def test_an_outage_fails_the_run_after_three_attempts(recording: Recording, ask):
    with pytest.raises(ConnectionError, match="ticket archive"):
        ask(3)
    assert tell(recording) == snapshot("""\
workflow research failed !ConnectionError
  node plan
    model_call gpt-4o-mini
      http_attempt 200
    send fan_out: search, search of search (path_map)
  node search 1/3 !ConnectionError
    tool_call search_tickets !ConnectionError
  node search 2/3 !ConnectionError
    tool_call search_tickets !ConnectionError
  node search 3/3 !ConnectionError
    tool_call search_tickets !ConnectionError
  node search 1/3
    tool_call search_web\
""")


def test_a_reviewer_who_is_never_content_ends_at_the_limit(recording: Recording, ask):
    with pytest.raises(RecursionError):
        ask(4)
    (root,) = recording.steps()
    assert (root.step.outcome, root.step.limit_type, root.step.limit_value) == (
        "failed",
        "recursion",
        14,
    )
    ways = [s.step.chosen for s in recording.all() if s.step.name == "route_review"]
    assert ways == [("plan",)] * 3


def test_it_prints_the_same_recorded_or_not(tmp_path: Path):
    def run(**environ: str) -> str:
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / "research_graph.py"), "--question", "2"],
            env={"PATH": "/usr/bin", "PLAYHEAD_SPOOL_DIR": str(tmp_path), **environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stderr == ""
        return done.stdout

    recorded = run(PLAYHEAD_ENDPOINT="http://127.0.0.1:9")
    assert recorded == run(PLAYHEAD_DISABLED="1")
    assert list(tmp_path.rglob("*")), "the run waits in the spool"
