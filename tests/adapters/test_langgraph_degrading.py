# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportTypedDictNotRequiredAccess=false
"""Versions that are not as expected: what works goes on, one warning says what is missing."""

import logging
from typing import TypedDict

import pytest
from inline_snapshot import snapshot
from langgraph.graph import START, StateGraph
from langgraph.graph._branch import BranchSpec
from langgraph.pregel.main import Pregel
from tests.adapters.telling import one, tell

from playhead import shield, testing
from playhead_adapters import supported
from playhead_adapters.langgraph import LangGraphAdapter


class State(TypedDict, total=False):
    x: int


def build():
    graph = StateGraph(State).add_node("a", lambda s: {"x": 1}).add_node("b", lambda s: {"x": 2})
    graph.add_edge(START, "a").add_conditional_edges("a", lambda s: "b", ["b"])
    return graph.compile()


@pytest.fixture(autouse=True)
def say_everything(monkeypatch: pytest.MonkeyPatch):
    """Warnings are given once per minute; each test wants its own."""
    monkeypatch.setattr(shield, "_last_said", {})


def test_a_hook_that_takes_other_arguments_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    original = BranchSpec._finish

    def _finish(self, destination, *args):
        return original(self, destination, *args)

    monkeypatch.setattr(BranchSpec, "_finish", _finish)
    with caplog.at_level(logging.WARNING), testing.recorder(adapters=(LangGraphAdapter(),)) as rec:
        assert build().invoke({"x": 0}) == {"x": 2}
        build().invoke({"x": 0})
    assert tell(rec).splitlines()[:3] == [
        "workflow LangGraph completed",
        "  node a",
        "  node b",
    ]
    assert rec.steps()[0].attributes["playhead.capture.level"] == "callbacks"
    said = [r.getMessage() for r in caplog.records if "BranchSpec._finish" in r.getMessage()]
    assert len(said) == 1 and "other arguments" in said[0]


def test_without_the_hook_that_knows_the_graph_the_run_is_still_a_workflow(
    monkeypatch: pytest.MonkeyPatch,
):
    original = Pregel._defaults
    monkeypatch.setattr(Pregel, "_defaults", lambda graph, *a, **k: original(graph, *a, **k))
    with testing.recorder(adapters=(LangGraphAdapter(),)) as rec:
        assert build().invoke({"x": 0}) == {"x": 2}
    assert tell(rec) == snapshot("""\
workflow LangGraph completed
  node a
    branch edge after a: b of b (path_map)
  node b\
""")
    assert one(rec, "workflow").step.graph is None
    assert rec.stats().errors == 0


def test_with_every_hook_in_place_the_capture_is_full():
    with testing.recorder(adapters=(LangGraphAdapter(),)) as rec:
        build().invoke({"x": 0})
    assert rec.steps()[0].attributes["playhead.capture.level"] == "full"


def test_a_version_that_was_not_tested_is_recorded_with_one_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(supported, "installed", lambda package: "9.1.0")
    with caplog.at_level(logging.WARNING), testing.recorder(adapters=(LangGraphAdapter(),)) as rec:
        build().invoke({"x": 0})
    assert tell(rec).startswith("workflow LangGraph completed\n  node a")
    said = [r.getMessage() for r in caplog.records if "outside the tested range" in r.getMessage()]
    assert len([line for line in said if line.startswith("langgraph ")]) == 1


@pytest.mark.parametrize(
    ("version", "tested"),
    [("1.2.0", True), ("1.2.99", True), ("1.1.9", False), ("1.3.0", False), ("2.0", False)],
)
def test_patch_releases_of_a_tested_minor_count_as_tested(
    monkeypatch: pytest.MonkeyPatch, version: str, tested: bool
):
    monkeypatch.setattr(supported, "installed", lambda package: version)
    row = supported.supported("langgraph", "langgraph")
    assert (supported.outside(row) is None) == tested


def test_the_adapters_range_is_the_tables():
    row = supported.supported("langgraph", "langgraph")
    assert LangGraphAdapter.supports == (row.oldest, row.newest)
    with pytest.raises(KeyError):
        supported.supported("langgraph", "nothing")
