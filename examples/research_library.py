"""What the research example can search: four small sources of an outdoor gear shop.

They behave like the real thing: the order warehouse sleeps and drops its first connection, and the
ticket archive is down for anybody who asks about last quarter.
"""

import time

from langchain_core.tools import BaseTool, tool

SEARCH_S = 0.06  # how long a search takes

POLICY = {
    "refund": (
        "Returns policy v7 (2025-03-01): full refund within 30 days, store credit until day 45, "
        "nothing after. Worn boots are excluded. 'Ask us' exceptions are granted by team leads."
    ),
    "carrier": (
        "Shipping handbook (2025-09-12): EU parcels go with Norrpost; returns are labelled on "
        "request. Norrpost charges EUR 6.40 per return, Alpenkurier EUR 5.10 with pick-up."
    ),
}
ORDERS = {
    "refund": (
        "Orders 2025, n=48,210: 9.1 % returned; 81 % of returns arrive by day 30, 14 % by day 45, "
        "5 % later. Customers refused after day 45 reorder within a year in 22 % of cases, those "
        "who got an exception in 61 %. Average order USD 134."
    ),
    "carrier": (
        "EU returns 2025, n=3,904: Norrpost median 9.5 days door to door, 2.1 % lost; "
        "Alpenkurier (pilot, n=412) median 6.0 days, 0.7 % lost."
    ),
}
WEB = {
    "refund": (
        "Competitors, read 2026-01-10: Ridgeline 60 days, Tarn & Co 90 days for members, "
        "Basecamp Supply 30 days. Ridgeline's annual report puts the cost at 0.4 % of revenue."
    ),
    "support": (
        "Competitors, read 2026-01-10: Ridgeline Plus USD 29 a year, Tarn & Co membership USD 45 "
        "a year. None of them publishes how many customers pay."
    ),
}


class Library:
    """One visitor's view of the sources."""

    def __init__(self) -> None:
        self._warehouse_awake = False

    def tools(self) -> list[BaseTool]:
        """The four searches, as tools that a model can choose from."""

        @tool
        def search_policies(topic: str) -> str:
            """Search Larkspur's own policies and handbooks."""
            time.sleep(SEARCH_S)
            return _find(POLICY, topic)

        @tool
        def search_orders(topic: str, year: int = 2025) -> str:
            """Query the order warehouse: counts, shares and averages."""
            time.sleep(SEARCH_S * 2)
            if not self._warehouse_awake:
                self._warehouse_awake = True
                raise ConnectionError("order warehouse: the replica is waking up, connection reset")
            return _find(ORDERS, topic)

        @tool
        def search_web(query: str) -> str:
            """Search the public web for competitors and benchmarks."""
            time.sleep(SEARCH_S * 3)
            return _find(WEB, query)

        @tool
        def search_tickets(period: str, topic: str = "all") -> str:
            """Search the archive of customer support tickets."""
            time.sleep(SEARCH_S)
            raise ConnectionError("ticket archive: 503 Service Unavailable (maintenance)")

        return [search_policies, search_orders, search_web, search_tickets]


def _find(source: dict[str, str], topic: str) -> str:
    for word, text in source.items():
        if word in topic.lower():
            return text
    return "Nothing found."
