# pyright: basic
"""The runs that the Run page is tested with: a story, and every state and shape that is hard."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.dashboard.fixtures_outline import MS, Book, Step

from playhead_collector.views import DecisionView, Message, StateChange


def text(role: str, content: str) -> Message:
    return Message(role=role, parts=[{"type": "text", "content": content}])


def call(
    model: str, tokens_in: int, tokens_out: int, usd: float | None, node: str
) -> dict[str, Any]:
    return {
        "model": model,
        "provider": "openai" if model.startswith("gpt") else "anthropic",
        "tokens_input": tokens_in,
        "tokens_output": tokens_out,
        "cost_usd": None if usd is None else f"{usd:.6f}",
        "node": node,
    }


def failed(kind: str, message: str, **facts: Any) -> dict[str, Any]:
    return {"error_type": kind, "error_message": message, **facts}


SYSTEM = (
    "You are a compliance analyst. Work step by step, cite the filing section for every number, "
    "and stop when the covenant test is decided."
)
QUESTION = "Does Northwind's Q3 filing breach covenant 4.2 (net leverage < 3.5x)?"


@dataclass
class Story:
    """A LangGraph run with retries, decisions, parallel tools, a person, and state."""

    book: Book
    root: Step
    clock_ms: float = 0.0
    superstep: int = 0
    state: dict[str, Any] = field(default_factory=dict[str, Any])

    def node(self, name: str, **facts: Any) -> Step:
        self.superstep += 1
        facts = {"node": name, "step_index": self.superstep, "attempt": 1, **facts}
        return self.book.step("node", name, at=self.clock_ms, ms=0, under=self.root, facts=facts)

    def close(self, node: Step, **changes: Any) -> None:
        self.clock_ms += 3
        node.duration_ms = self.clock_ms - node.start_ms
        node.content = {"input": dict(self.state), "output": changes or None}
        self.snapshot(changes)
        self.clock_ms += 9

    def snapshot(self, changes: dict[str, Any]) -> None:
        rows: list[StateChange] = []
        for key in [*self.state, *(k for k in changes if k not in self.state)]:
            before, after = self.state.get(key), changes.get(key, self.state.get(key))
            change = "same" if before == after else "changed" if key in self.state else "added"
            rows.append(StateChange(key=key, change=change, before=before, after=after))
        self.state = {**self.state, **changes}
        keys = [row.key for row in rows if row.change != "same"]
        self.book.step(
            "checkpoint", "checkpoint", at=self.clock_ms, ms=0, under=self.root,
            facts={"step_index": self.superstep}, note={"changed_keys": keys}, state=rows,
        )  # fmt: skip

    def model(self, node: Step, model: str, ms: float, facts: dict[str, Any], prompt: str,
              answer: Message, **more: Any) -> Step:  # fmt: skip
        made = self.book.step(
            "model_call", f"chat {model}", at=self.clock_ms, ms=ms, under=node, facts=facts,
            system=[{"type": "text", "content": SYSTEM}],
            messages=[text("user", QUESTION), text("user", prompt)] if prompt != QUESTION
            else [text("user", QUESTION)],
            answer=[answer], finish_reasons=["stop"], first_chunk_ns=int(ms * 0.22) * MS,
            parameters={"temperature": 0.2, "max_tokens": 1024}, **more,
        )  # fmt: skip
        self.clock_ms += ms
        return made

    def http(self, call: Step, status: int, at: float, ms: float) -> Step:
        headers = {"content-type": "application/json", "x-request-id": "req_7f31"}
        if status == 429:
            headers["retry-after"] = "2"
        body = {"error": {"message": "Rate limit reached for requests", "type": "requests"}}
        return self.book.step(
            "http_attempt", "POST api.openai.com", at=at, ms=ms, under=call,
            status="error" if status >= 400 else "ok",
            facts={"http_status": status}
            | (failed("429", "Too Many Requests") if status == 429 else {}),
            http={
                "method": "POST", "url": "https://api.openai.com/v1/chat/completions",
                "status": status, "headers": headers,
                "body": json.dumps(body) if status >= 400 else '{"id": "chatcmpl-1", "choices": []}',
            },
        )  # fmt: skip

    def tool(self, node: Step, name: str, ms: float, arguments: Any, result: Any,
             *, error: tuple[str, str] | None = None, **facts: Any) -> Step:  # fmt: skip
        note = {"error": f"{error[0]}: {error[1]}"} if error else None
        made = self.book.step(
            "tool_call", name, at=self.clock_ms, ms=ms, under=node,
            status="error" if error else "ok", note=note,
            facts=facts | (failed(*error) if error else {}), input=arguments,
            output=None if error else result,
            error_stack="Traceback (most recent call last):\n  File \"tools.py\", line 41, in fetch\n"
            f"    raise {error[0]}({error[1]!r})" if error else None,
        )  # fmt: skip
        self.clock_ms += ms
        return made

    def decide(self, under: Step, name: str, candidates: list[str], chosen: list[str],
               *, kind: str = "branch", reason: str | None = None,
               scores: list[float] | None = None) -> Step:  # fmt: skip
        made = self.book.step(
            "decision", name, at=self.clock_ms, ms=1.4, under=under, facts={"chosen": chosen},
            note={"chosen": chosen, "candidates": candidates},
            decision=DecisionView(
                type=kind, chosen=chosen, candidates=candidates, scores=scores, reason=reason,
                candidates_source="tools_offered" if kind == "tool_choice" else "path_map",
                reason_source="model_text" if reason else "none",
                maker="gpt-5-mini" if kind == "tool_choice" else name,
                declared_at=None if kind == "tool_choice" else "examples/research_graph.py:88",
                inputs={"question": QUESTION, "documents": self.state.get("documents", [])},
            ),
        )  # fmt: skip
        self.clock_ms += 1.4
        return made


GRAPH: dict[str, Any] = {
    "nodes": ["__start__", "plan", "research", "extract", "compute", "draft", "review", "__end__"],
    "edges": [
        ["__start__", "plan", False], ["plan", "research", False], ["research", "extract", True],
        ["research", "compute", True], ["extract", "research", True], ["extract", "compute", True],
        ["compute", "draft", True], ["compute", "research", True], ["draft", "review", False],
        ["review", "draft", True], ["review", "__end__", True],
    ],
}  # fmt: skip
TOOLS = ["fetch_filings", "web_search", "vector_lookup"]


def story(run_id: str = "story") -> Book:
    """A run of some forty steps that is worth playing back."""
    book = Book(run_id, graph=GRAPH)
    root = book.step("workflow", "compliance-review", at=0, ms=None, input={"question": QUESTION})
    s = Story(book, root, clock_ms=4, state={"question": QUESTION, "budget_usd": 0.5})
    plan = [
        "fetch filing",
        "fetch credit agreement",
        "extract net debt, EBITDA",
        "compute leverage",
    ]
    _plan(s, plan)
    _first_research(s)
    _extract(s)
    _second_research(s)
    _compute(s)
    _write(s)
    root.duration_ms = s.clock_ms
    root.content["output"] = {"draft": s.state["draft"]}
    return book


def _plan(s: Story, plan: list[str]) -> None:
    node = s.node("plan")
    facts = call("gpt-5-mini", 1240, 212, 0.00522, "plan")
    said = "1. Fetch the filing and the agreement.\n2. Extract.\n3. Compute, compare with 3.5x."
    s.http(
        s.model(node, "gpt-5-mini", 1840, facts, QUESTION, text("assistant", said)), 200, 18, 1800
    )
    s.close(node, plan=plan)


def _first_research(s: Story) -> None:
    node = s.node("research")
    asked = Message(
        role="assistant",
        parts=[
            {"type": "reasoning", "content": "The question names a filing; go to the source."},
            {"type": "tool_call", "id": "call_1", "name": "fetch_filings",
             "arguments": {"company": "Northwind", "form": "10-Q", "period": "2026Q3"}},
            {"type": "tool_call", "id": "call_2", "name": "vector_lookup",
             "arguments": {"query": "covenant 4.2 net leverage", "k": 6}},
        ],
    )  # fmt: skip
    facts = call("gpt-5-mini", 1480, 96, 0.00466, "research")
    tools = [{"name": name, "description": f"{name} of the index"} for name in TOOLS]
    made = s.model(node, "gpt-5-mini", 1130, facts, "Next: fetch filing.", asked, tools=tools)
    why = "The question names a specific filing; the agreement is in the internal index."
    s.decide(made, "tool choice", TOOLS, ["fetch_filings", "vector_lookup"], kind="tool_choice",
             reason=why, scores=[0.86, 0.31, 0.79])  # fmt: skip
    at = s.clock_ms
    s.tool(node, "fetch_filings", 2210, {"company": "Northwind", "form": "10-Q"},
           "10-Q (2026-09-30), 84 pages. Total debt $1,912.4m; cash $141.8m; EBITDA $512.6m.")  # fmt: skip
    s.clock_ms = at + 30
    s.tool(node, "vector_lookup", 430, {"query": "covenant 4.2 net leverage", "k": 6},
           {"hits": [{"score": 0.91, "text": "4.2 Net Leverage Ratio shall not exceed 3.50:1.00"},
                     {"score": 0.88, "text": "EBITDA excludes synergies above 15 %"}]})  # fmt: skip
    s.clock_ms = at + 2240
    s.close(
        node, documents=[{"id": "NW-10Q-2026Q3", "pages": 84}, {"id": "NW-CA-2024", "pages": 212}]
    )


def _extract(s: Story) -> None:
    node = s.node("extract")
    figures = (
        '{"total_debt": 1912.4, "cash": 141.8, "ltm_ebitda_adjusted": 512.6, "synergies": 88.0}'
    )
    s.model(node, "gpt-5-mini", 2630, call("gpt-5-mini", 8120, 340, 0.0237, "extract"),
            "Extract total debt, cash and EBITDA in the covenant's definition.",
            text("assistant", figures))  # fmt: skip
    s.decide(node, "should_continue", ["research", "compute"], ["research"], scores=[0.71, 0.29],
             reason="The add-back for synergies (17.2 %) exceeds the cap of 15 %; the schedule is needed.")  # fmt: skip
    s.close(
        node,
        findings=[{"metric": "total_debt", "value": 1912.4}, {"metric": "cash", "value": 141.8}],
    )


def _second_research(s: Story) -> None:
    limited = ("RateLimitError", "429 Too Many Requests (retry after 2 s)")
    for attempt, wait in ((1, 2000), (2, 4000), (3, 60)):
        s.superstep = 3
        node = s.node("research", attempt=attempt, max_attempts=3)
        if attempt < 3:
            s.tool(node, "fetch_filings", 330, {"exhibit": "99.2"}, None, error=limited)
            node.duration_ms, node.status = s.clock_ms - node.start_ms + 2, "error"
            node.facts |= failed(*limited)
            node.note = {"error": ": ".join(limited)}
            s.clock_ms += wait
            continue
        s.decide(node, "choose_tool", TOOLS, ["web_search"], scores=[0.08, 0.66, 0.22],
                 reason="fetch_filings failed with 429; web_search is the declared fallback.")  # fmt: skip
        s.tool(node, "web_search", 1920, {"q": "Northwind exhibit 99.2 synergy schedule"},
               "3 results. [1] ex99-2: 'Run-rate synergies: $88.0m, of which realised $61.3m'.")  # fmt: skip
        s.close(node, documents=[*s.state["documents"], {"id": "NW-EX99.2", "pages": 6}])


def _compute(s: Story) -> None:
    node = s.node("compute")
    s.tool(node, "python_exec", 260,
           {"code": "debt = 1912.4 - 141.8\nebitda = 424.6 + min(88.0, 0.15 * 424.6)\nprint(debt / ebitda)"},
           "3.6257")  # fmt: skip
    s.decide(node, "route", ["draft", "research"], ["draft"])
    s.close(node, findings=[*s.state["findings"], {"metric": "net_leverage", "value": 3.63}])
    waiting = s.book.step("interrupt", "approve the finding", at=s.clock_ms, ms=None, under=s.root,
                          note={"question": "Publish a breach finding for Northwind?"},
                          input="Publish a breach finding for Northwind?",
                          output={"approved": True, "by": "compliance desk"})  # fmt: skip
    s.clock_ms = waiting.start_ms + 9200


def _write(s: Story) -> None:
    drafts = (
        "Yes, covenant 4.2 is breached. Net leverage is 3.63x against a limit of 3.50x.",
        "Yes, covenant 4.2 is breached. 1,770.6 / 488.3 = 3.63x against a limit of 3.50x, capped.",
    )
    for round_, draft in enumerate(drafts):
        node = s.node("draft")
        s.model(node, "claude-sonnet-5", 6120 - 900 * round_,
                call("claude-sonnet-5", 11840 + 770 * round_, 612 + 90 * round_, 0.0447, "draft"),
                "Write the finding and show the arithmetic.", text("assistant", draft))  # fmt: skip
        s.close(node, draft=draft)
        node = s.node("review")
        verdict = "PASS" if round_ else "DEFECT: show how the cap of 15 % was applied."
        made = s.model(node, "house-critic-7b", 2890, call("house-critic-7b", 6390, 38, None, "review"),
                       draft, text("assistant", verdict))  # fmt: skip
        if not round_:
            s.http(made, 429, made.start_ms + 8, 120)
            s.http(made, 200, made.start_ms + 2128, 740)
        s.decide(node, "should_continue", ["draft", "__end__"], ["__end__" if round_ else "draft"])
        s.close(node, verdict=verdict)


# --- large, deep, hostile, unfinished --------------------------------------------------------------


def big(n: int = 10_000, run_id: str = "big", seed: int = 3) -> Book:
    """A run of `n` steps over some fifty minutes: agents in rounds, with retries and idle time."""
    rng = random.Random(seed)
    book = Book(run_id, workflow="market-research")
    root = book.step("workflow", "market-research", at=0, ms=None)
    clock, round_ = 0.0, 0
    while len(book.steps) < n - 2:
        round_ += 1
        agent = rng.choice(["researcher", "planner", "critic", "writer"])
        node = book.step("node", rng.choice(["research", "synthesise", "check"]), at=clock, ms=0,
                         under=root, facts={"step_index": round_, "attempt": 1})  # fmt: skip
        team = book.step("agent", agent, at=clock, ms=0, under=node)
        for _ in range(rng.randint(2, 9)):
            if len(book.steps) >= n:
                break
            clock += _big_step(book, team, clock, rng)
        team.duration_ms = node.duration_ms = clock - node.start_ms
        clock += rng.choice([3, 5, 8, 20, 4000 if rng.random() < 0.02 else 12])
    root.duration_ms = clock
    return book


def _big_step(book: Book, under: Step, at: float, rng: random.Random) -> float:
    kind = rng.choice(["model_call", "model_call", "tool_call", "tool_call", "decision"])
    ms = {"decision": 1.0}.get(kind, rng.lognormvariate(5.4, 0.9))
    bad = rng.random() < 0.013
    note = {"error": "RateLimitError: 429 Too Many Requests"} if bad else None
    facts: dict[str, Any] = failed("RateLimitError", "429 Too Many Requests") if bad else {}
    index = len(book.steps)
    if kind == "model_call":
        model = rng.choice(["gpt-5-mini", "claude-sonnet-5"])
        facts |= call(model, rng.randint(900, 8000), rng.randint(40, 700), rng.random() / 50, "x")
        content: dict[str, Any] = {
            "messages": [text("user", f"question {index}: " + "what does the page say? " * 60)],
            "answer": [text("assistant", f"answer {index}: " + "the tool returned a page. " * 40)],
        }
        name = f"chat {model}"
    elif kind == "tool_call":
        name = rng.choice(["web_search", "sql_query", "fetch_filings", "python_exec"])
        content = {"input": {"q": f"query {index}"}, "output": f"result {index}"}
    else:
        name, chosen = "route", rng.choice(["web_search", "sql_query"])
        note = {"chosen": [chosen], "candidates": ["web_search", "sql_query"]}
        content = {
            "decision": DecisionView(
                type="branch", chosen=[chosen], candidates=["web_search", "sql_query"],
                candidates_source="path_map", scores=None, reason=None, reason_source="none",
                maker="route", declared_at=None, inputs=None,
            )
        }  # fmt: skip
    book.step(kind, name, at=at, ms=ms, under=under, status="error" if bad else "ok", facts=facts,
              note=note, **content)  # fmt: skip
    return ms + 1


def deep(levels: int = 5_000, run_id: str = "deep") -> Book:
    """One step inside the other."""
    book = Book(run_id, workflow="recursion")
    step: Step | None = None
    for level in range(levels):
        step = book.step("node", f"level {level}", at=level * 0.1, ms=levels * 0.2 - level * 0.1,
                         under=step, output={"level": level})  # fmt: skip
    return book


HOSTILE_NAMES: Sequence[str] = (
    "<img src=x onerror=\"document.title='owned'\">",
    "</script><script>document.title='owned'</script>",
    "invoice \u202egpj.exe",
    "bell \u0007 escape \u001b[31m zero \u0000",
    "long " + "x" * 10_000,
    "שלום עולם — مرحبا بالعالم",
    "{{constructor.constructor('return 1')()}}",
    "",
    "a\nb\tc",
)


def hostile(run_id: str = "hostile") -> Book:
    """Names and content that try to be markup, to reorder, or to flood."""
    book = Book(run_id, workflow=HOSTILE_NAMES[0])
    root = book.step("workflow", HOSTILE_NAMES[0], at=0, ms=900)
    for at, name in enumerate(HOSTILE_NAMES):
        book.step(
            "tool_call", name, at=at * 90, ms=60, under=root, input={name: name}, output=name,
            facts={"model": name, "node": name} | failed(name, name), error_stack=name,
            attributes={name: name}, note={"error": name}, status="error",
        )  # fmt: skip
    book.step(
        "model_call", "chat", at=850, ms=40, under=root, facts={"model": HOSTILE_NAMES[0]},
        messages=[Message(role=name, parts=[{"type": "text", "content": name}]) for name in HOSTILE_NAMES]
        + [Message(role="tool", parts=[{"type": name, "content": {name: [name]}}])],
        answer=[text("assistant", "y" * 200_000)],
    )  # fmt: skip
    book.step("no such kind\u0000<b>", "unknown kind", at=895, ms=2, under=root)
    return book


def empty(run_id: str = "empty") -> Book:
    return Book(run_id, workflow="nothing-yet", status="running")


def one_step(run_id: str = "one") -> Book:
    book = Book(run_id, workflow="single")
    book.step("workflow", "single", at=0, ms=12.5, output="done")
    return book


def running(run_id: str = "running") -> Book:
    """A run in the middle of a model call."""
    book = Book(run_id, status="running", workflow="slow-research")
    root = book.step("workflow", "slow-research", at=0, ms=None, status="running")
    node = book.step("node", "search", at=5, ms=2000, under=root)
    book.step("tool_call", "web_search", at=8, ms=1900, under=node, input={"q": "a"}, output="b")
    node = book.step("node", "synthesise", at=2010, ms=None, under=root, status="running")
    book.step("model_call", "chat gpt-5", at=2020, ms=None, under=node, status="running",
              facts=call("gpt-5", 0, 0, None, "synthesise") | {"tokens_input": None, "tokens_output": None},
              messages=[text("user", "Summarise.")])  # fmt: skip
    return book


def lost(run_id: str = "lost") -> Book:
    """A run whose program was killed; one step never had an end, one has no parent."""
    book = running(run_id)
    book.status = "lost"
    for step in book.steps.values():
        step.status = "lost" if step.status == "running" else step.status
    orphan = book.step("tool_call", "orphan", at=2500, ms=None, content_state="not_captured")
    book.detached.append(orphan.step_id)
    book.run_facts = {"dropped_attributes": 3}
    return book


def failing(run_id: str = "failed") -> Book:
    """A run that ended in an error, with a masked and a cut step."""
    book = Book(run_id, status="failed", workflow="refund-triage")
    root = book.step("workflow", "refund-triage", at=0, ms=5000, status="error",
                     facts=failed("KeyError", "'order_id'"))  # fmt: skip
    book.step("tool_call", "look up order", at=10, ms=800, under=root, input={"key": "[masked]"},
              output="ok", content_state="redacted")  # fmt: skip
    book.step("tool_call", "refund", at=900, ms=4000, under=root, status="error",
              facts=failed("KeyError", "'order_id'"), note={"error": "KeyError: 'order_id'"},
              error_stack="KeyError: 'order_id'", content_state="truncated",
              links=[{"step_id": root.step_id, "attributes": {"playhead.link.type": "retry_of"}}])  # fmt: skip
    book.run_facts = {"error_type": "KeyError", "error_message": "'order_id'", "error_step": "refund",
                      "error_step_id": list(book.steps)[-1]}  # fmt: skip
    return book
