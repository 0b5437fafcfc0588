"""A refund desk on LangGraph: look the order up, let a small model of one's own judge it, act.

    look_up -> judge -> refund | refuse | ask_person

The model is one that no price list knows: its cost is shown as unknown, never as zero.

    python examples/refund_triage.py --order 1 2 3
"""

import argparse
import json
import os
import sys
from typing import Any, Literal, TypedDict

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from provider import Answer, Ask, Refusal, ScriptedProvider

import playhead

MODEL = os.environ.get("OPENAI_MODEL", "larkspur-desk-7b")
ORDERS: dict[int, dict[str, Any]] = {
    1: {"item": "Trail boots 43", "usd": 134, "days": 12, "state": "unworn"},
    2: {"item": "Rain jacket M", "usd": 89, "days": 51, "state": "worn"},
    3: {"item": "Expedition tent", "usd": 1_240, "days": 38, "state": "one pole is bent"},
}
VERDICTS = {
    "Trail boots": {"verdict": "refund", "reason": "Unworn and within the 45 days of the policy."},
    "Rain jacket": {"verdict": "refuse", "reason": "Worn, and after the 45 days of the policy."},
    "Expedition": {"verdict": "ask_person", "reason": "Above USD 500, and the damage is unclear."},
}


class Ticket(TypedDict, total=False):
    """What the desk knows about one request."""

    order: int
    facts: dict[str, Any]
    verdict: str
    reason: str
    done: str


@tool
def look_up_order(order: int) -> dict[str, Any]:
    """Read one order from the shop."""
    if order not in ORDERS:
        raise LookupError(f"order {order} is not in the shop")
    return ORDERS[order]


@tool
def pay_back(order: int, usd: float) -> str:
    """Pay an amount back to the card that was charged."""
    return f"paid back USD {usd} for order {order}"


def look_up(state: Ticket) -> Ticket:
    return {"facts": look_up_order.invoke({"order": state["order"]})}


def act(state: Ticket) -> Ticket:
    facts = state["facts"]
    return {"done": pay_back.invoke({"order": state["order"], "usd": facts["usd"]})}


def refuse(state: Ticket) -> Ticket:
    return {"done": f"refused: {state['reason']}"}


def hand_over(state: Ticket) -> Ticket:
    return {"done": "waits for a person at the desk"}


def route(state: Ticket) -> Literal["refund", "refuse", "ask_person"]:
    """Follow the verdict; large amounts always go to a person."""
    if state["facts"]["usd"] > 500:
        return "ask_person"
    return "refund" if state["verdict"] == "refund" else "refuse"


def build(model: ChatOpenAI) -> Any:
    """Compile the graph."""

    def judge(state: Ticket) -> Ticket:
        prompt = [
            SystemMessage("You judge refund requests. Answer as JSON: verdict, reason."),
            HumanMessage(json.dumps(state["facts"])),
        ]
        said = json.loads(str(model.invoke(prompt).content))
        return {"verdict": said["verdict"], "reason": said["reason"]}

    graph = StateGraph(Ticket)
    graph.add_node("look_up", look_up)
    graph.add_node("judge", judge)
    graph.add_node("refund", act)
    graph.add_node("refuse", refuse)
    graph.add_node("ask_person", hand_over)
    graph.add_edge(START, "look_up")
    graph.add_edge("look_up", "judge")
    graph.add_conditional_edges("judge", route)
    for last in ("refund", "refuse", "ask_person"):
        graph.add_edge(last, END)
    return graph.compile(name="refund-triage")


def judge_by_script(ask: Ask) -> Answer | Refusal:
    """Answer as the small model would."""
    verdict = next(v for item, v in VERDICTS.items() if item in ask.last)
    return Answer(json.dumps(verdict), delay_s=0.08)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--order", type=int, nargs="+", default=[1], help="1, 2 or 3; 4 is unknown")
    options = parser.parse_args()
    playhead.init(project="larkspur-desk")
    with ScriptedProvider(judge_by_script) as provider:
        model = ChatOpenAI(model=MODEL, base_url=provider.url, api_key="scripted")
        for order in options.order:
            try:
                print(f"{order}. {build(model).invoke({'order': order})['done']}", flush=True)
            except LookupError as error:
                print(f"{order}. failed: {error}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
