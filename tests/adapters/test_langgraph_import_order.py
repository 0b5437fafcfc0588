# pyright: basic
"""`init` may stand above the import of LangGraph: the hooks then wait until it is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import playhead

playhead.init()
{first}
from langgraph.graph import END, START, StateGraph

graph = StateGraph(dict).add_node("n", lambda state: state).add_edge(START, "n")
graph.add_conditional_edges("n", lambda state: END, ["n", END])
graph.compile().invoke({{"x": 1}})
print(playhead.stats().recorded, playhead.stats().errors)
"""


@pytest.mark.parametrize("first", ["", "import langgraph.func", "import langgraph.prebuilt"])
def test_every_hook_is_in_place_when_the_framework_is_loaded_after_init(tmp_path: Path, first: str):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(first=first)],
        env={"PLAYHEAD_SPOOL_DIR": str(tmp_path), "PLAYHEAD_ENDPOINT": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout == "3 0\n"  # workflow, node, decision
    assert "not recorded" not in done.stderr
