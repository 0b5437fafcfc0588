"""What the scripted model says to the research example, by question and role."""

import json
from dataclasses import dataclass

from provider import Answer, Ask, Call, Refusal

REFUNDS = "Should we offer refunds after 45 days?"
CARRIER = "Which carrier should handle our EU returns?"
COMPLAINTS = "What did customers complain about in the last quarter?"
SUPPORT = "What should we charge for premium support?"
QUESTIONS = [REFUNDS, CARRIER, COMPLAINTS, SUPPORT]


@dataclass(frozen=True)
class Story:
    """One question: what is searched, what is written, what the reviewer finds."""

    why: str
    searches: tuple[Call, ...]
    draft: str
    verdict: str
    risk: str
    reason: str


STORIES = {
    REFUNDS: Story(
        why=(
            "Our own policy says what we promise today and the order warehouse says what late "
            "returns really cost, so I need both before looking at competitors."
        ),
        searches=(
            Call("search_policies", {"topic": "refund window"}),
            Call("search_orders", {"topic": "refund by day", "year": 2025}),
        ),
        draft=(
            "Yes: extend refunds to 60 days. Only 5 % of returns arrive after day 45 "
            "[search_orders], so the direct cost is small: about 220 orders a year at USD 134. "
            "Customers we refuse come back in 22 % of cases, those who got an exception in 61 % "
            "[search_orders]; the goodwill is worth more than the merchandise.\n\n"
            "The present policy already grants exceptions by hand [search_policies], which is slow "
            "and uneven. A clear 60-day rule for unworn items would replace it. Worn boots should "
            "stay excluded [search_policies]."
        ),
        verdict="ask_person",
        risk="high",
        reason="The draft changes a promise to every customer; a person must approve it.",
    ),
    CARRIER: Story(
        why="The handbook has the tariffs and the order warehouse has the transit times.",
        searches=(
            Call("search_policies", {"topic": "carrier tariffs"}),
            Call("search_orders", {"topic": "carrier transit times", "year": 2025}),
        ),
        draft=(
            "Move EU returns to Alpenkurier. It is cheaper (EUR 5.10 against EUR 6.40, with "
            "pick-up) [search_policies], faster (6.0 days against 9.5) and loses fewer parcels "
            "(0.7 % against 2.1 %) [search_orders].\n\n"
            "The pilot has only 412 parcels [search_orders]; keep Norrpost as a fallback through "
            "the winter peak."
        ),
        verdict="publish",
        risk="low",
        reason="Every number has a source, and the caveat about the small pilot is stated.",
    ),
    COMPLAINTS: Story(
        why="Complaints live in the support tickets; the web shows whether others see the same.",
        searches=(
            Call("search_tickets", {"period": "2025-Q4"}),
            Call("search_web", {"query": "outdoor gear support complaints 2025"}),
        ),
        draft="There is not enough evidence to answer.",
        verdict="revise",
        risk="medium",
        reason="The tickets are missing.",
    ),
    SUPPORT: Story(
        why="Nobody here sells premium support yet, so competitors' prices are the best start.",
        searches=(Call("search_web", {"query": "premium support price"}),),
        draft=(
            "Competitors charge USD 29 to USD 45 a year [search_web]. A price near USD 35 would "
            "sit in the middle, but there is no evidence on how many customers would pay."
        ),
        verdict="revise",
        risk="medium",
        reason="How many customers would pay is still missing; search again for adoption numbers.",
    ),
}


def decide(ask: Ask) -> Answer | Refusal:
    """Answer as planner, analyst or reviewer, whichever the system prompt asks for."""
    story = next((s for question, s in STORIES.items() if question in ask.last), None)
    if story is None:
        return Refusal(status=400, message="The script has no answer to this.", code="no_script")
    if "You plan research" in ask.system:
        return Answer(story.why, calls=story.searches, tokens_reasoning=64, delay_s=0.18)
    if "You review" in ask.system:
        verdict = {"verdict": story.verdict, "risk": story.risk, "reason": story.reason}
        return Answer(json.dumps(verdict), cached_share=0.25, tokens_reasoning=96, delay_s=0.15)
    if story is STORIES[REFUNDS] and ask.retry == 0:
        message = (
            "Rate limit reached for requests per minute: limit 3, used 3. Try again in 400 ms."
        )
        return Refusal(429, message, retry_after_ms=400, code="rate_limit_exceeded", delay_s=0.03)
    return Answer(story.draft, cached_share=0.5, delay_s=0.12, gap_s=0.006)
