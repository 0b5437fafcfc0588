"""A research assistant on LangGraph: search -> synthesise with retries, a reviewer, and a person.

    plan -> search (in parallel, retried) -> synthesise -> review -> publish
      ^                                                      |-> ask_person -> publish | plan
      +------------------------------------------------------+

It is an ordinary program; `playhead.init()` is the one line that records it.

    python examples/research_graph.py                      one question, scripted provider
    python examples/research_graph.py --question 3 4       two runs that fail, each in its way
    python examples/research_graph.py --live               the real provider, needs OPENAI_API_KEY
"""

import argparse
import operator
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal, TypedDict

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import BaseTool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphRecursionError
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, RetryPolicy, Send, interrupt
from provider import ScriptedProvider
from pydantic import BaseModel, Field
from research_library import Library
from research_story import QUESTIONS, decide

import playhead

SUPERSTEPS_MAX = 14  # the loop of question 4 ends here
MODEL = os.environ.get("OPENAI_MODEL", "gpt-4o-mini")

PLAN = (
    "You plan research for the leadership of Larkspur, an outdoor gear shop. Choose the searches "
    "that will answer the question, at most two at a time. Say in one sentence why you chose them."
)
SYNTHESISE = (
    "You are an analyst at Larkspur. Answer the question from the evidence only, in two short "
    "paragraphs, and name the source of every number in brackets."
)
REVIEW = (
    "You review an analyst's draft before it reaches leadership. Decide: publish it, send it back "
    "for more research, or ask a person when money or a promise to customers is at stake."
)


class Finding(TypedDict):
    """What one search brought back."""

    tool: str
    query: dict[str, Any]
    text: str


class Review(BaseModel):
    """A reviewer's verdict on a draft."""

    verdict: Literal["publish", "revise", "ask_person"] = Field(description="what to do next")
    risk: Literal["low", "medium", "high"] = Field(description="of being wrong in public")
    reason: str = Field(description="one sentence")


class Research(TypedDict, total=False):
    """Everything that the graph knows about one question."""

    question: str
    round: int
    searches: list[dict[str, Any]]
    findings: Annotated[list[Finding], operator.add]
    draft: str
    review: dict[str, Any]
    guidance: str
    report: dict[str, Any]


class Researcher:
    """The nodes of the graph; what they need is given once."""

    def __init__(self, model: ChatOpenAI, tools: list[BaseTool]) -> None:
        self.model = model
        self.tools = {tool.name: tool for tool in tools}

    def plan(self, state: Research) -> Research:
        known = "\n".join(f"- {f['tool']}: {f['text']}" for f in state.get("findings", []))
        asked = f"Question: {state['question']}\nAlready known:\n{known or '- nothing yet'}"
        if review := state.get("review"):
            asked += f"\nThe reviewer said: {review['reason']}"
        if guidance := state.get("guidance"):
            asked += f"\nA person said: {guidance}"
        chooser = self.model.bind_tools(list(self.tools.values()))
        message = chooser.invoke([SystemMessage(PLAN), HumanMessage(asked)])
        return {"searches": message.tool_calls, "round": state.get("round", 0) + 1}

    def search(self, call: dict[str, Any]) -> Research:
        result = self.tools[call["name"]].invoke(call)
        return {"findings": [Finding(tool=call["name"], query=call["args"], text=result.content)]}

    def synthesise(self, state: Research) -> Research:
        evidence = "\n".join(f"[{f['tool']}] {f['text']}" for f in state["findings"])
        asked = f"Question: {state['question']}\nEvidence:\n{evidence}"
        prompt = [SystemMessage(SYNTHESISE), HumanMessage(asked)]
        return {"draft": "".join(str(chunk.content) for chunk in self.model.stream(prompt))}

    def review(self, state: Research) -> Research:
        reviewer = self.model.with_structured_output(Review)
        asked = f"Question: {state['question']}\nDraft:\n{state['draft']}"
        verdict = reviewer.invoke([SystemMessage(REVIEW), HumanMessage(asked)])
        return {"review": verdict.model_dump()}

    def ask_person(self, state: Research) -> Command[Literal["publish", "plan"]]:
        review = state["review"]
        said = interrupt(
            {"question": "May this go out?", "risk": review["risk"], "draft": state["draft"]}
        )
        goto = "publish" if said["approve"] else "plan"
        return Command(goto=goto, update={"guidance": said["note"]})

    def publish(self, state: Research) -> Research:
        sources = sorted({finding["tool"] for finding in state["findings"]})
        report = {"answer": state["draft"], "sources": sources, "rounds": state["round"]}
        if guidance := state.get("guidance"):
            report["approved_with"] = guidance
        return {"report": report}


def fan_out(state: Research) -> list[Send]:
    """One search node per search that the model chose."""
    return [Send("search", call) for call in state["searches"]]


def route_review(state: Research) -> Literal["publish", "plan", "ask_person"]:
    """Follow the verdict; a risky draft never goes out without a person."""
    review = state["review"]
    if review["verdict"] == "revise":
        return "plan"
    if review["verdict"] == "ask_person" or review["risk"] == "high":
        return "ask_person"
    return "publish"


def build(model: ChatOpenAI, library: Library) -> Any:
    """Compile the graph."""
    researcher = Researcher(model, library.tools())
    patient = RetryPolicy(
        max_attempts=3, initial_interval=0.2, jitter=False, retry_on=ConnectionError
    )
    graph = StateGraph(Research)
    graph.add_node("plan", researcher.plan)
    graph.add_node("search", researcher.search, retry_policy=patient)
    graph.add_node("synthesise", researcher.synthesise)
    graph.add_node("review", researcher.review)
    graph.add_node("ask_person", researcher.ask_person)
    graph.add_node("publish", researcher.publish)
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", fan_out, ["search"])
    graph.add_edge("search", "synthesise")
    graph.add_edge("synthesise", "review")
    graph.add_conditional_edges("review", route_review)
    graph.add_edge("publish", END)
    return graph.compile(checkpointer=InMemorySaver(), name="research")


def research(question: str, model: ChatOpenAI) -> str:
    """Run one question to its end, answering the graph's question to a person. Say how it ended."""
    graph = build(model, Library())
    config = {
        "configurable": {"thread_id": f"research-{uuid.uuid4().hex[:8]}"},
        "recursion_limit": SUPERSTEPS_MAX,
    }
    asked: Any = {"question": question}
    while True:
        paused = None
        for update in graph.stream(asked, config, stream_mode="updates"):
            for node, change in update.items():
                if node == "__interrupt__":
                    paused = change[0]
                else:
                    print(f"  {node}: {', '.join(change or {})}", flush=True)
        if paused is None:
            return "answered"
        print(f"  a person is asked: {paused.value['question']} (risk {paused.value['risk']})")
        answer = {"approve": True, "note": "Yes, to 60 days, but only for unworn items."}
        asked = Command(resume=answer)


@contextmanager
def provider_address(live: bool) -> Iterator[dict[str, Any]]:
    """Where the model is: the real provider, the one in OPENAI_BASE_URL, or our own script."""
    if live:
        yield {}
    elif address := os.environ.get("OPENAI_BASE_URL"):
        yield {"base_url": address, "api_key": os.environ.get("OPENAI_API_KEY", "scripted")}
    else:
        with ScriptedProvider(decide) as provider:
            yield {"base_url": provider.url, "api_key": "scripted"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    numbers = range(1, len(QUESTIONS) + 1)
    parser.add_argument("--question", type=int, nargs="+", default=[1], choices=numbers)
    parser.add_argument("--runs", type=int, default=1, help="how often each question is asked")
    parser.add_argument("--live", action="store_true", help="ask the real provider")
    options = parser.parse_args()
    if options.live and not os.environ.get("OPENAI_API_KEY"):
        print("--live needs OPENAI_API_KEY: export OPENAI_API_KEY=...", file=sys.stderr)
        return 2

    playhead.init(project="larkspur-research")

    with provider_address(options.live) as address:
        model = ChatOpenAI(
            model=MODEL, temperature=0.3, max_retries=3, stream_usage=True, **address
        )
        for number in options.question * options.runs:
            question = QUESTIONS[number - 1]
            print(f"{number}. {question}", flush=True)
            try:
                print(f"  -> {research(question, model)}", flush=True)
            except (ConnectionError, GraphRecursionError) as error:
                print(f"  -> failed: {type(error).__name__}: {error}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
