"""LangGraph, and LangChain inside it: nodes, model calls, tools, decisions, state, interrupts.

Importing this package imports no framework; `LangGraphAdapter.install` does, once it is loaded.
"""

from playhead_adapters.langgraph.adapter import LangGraphAdapter as LangGraphAdapter
