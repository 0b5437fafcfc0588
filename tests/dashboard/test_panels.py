# pyright: basic
"""Figures and panels without a browser: values in, components out."""

import json
from typing import Any

import plotly.utils
import pytest
from tests.dashboard.memory_reader import NOW_NS, MemoryReader, make_run

from playhead_collector.read import QueryError
from playhead_collector.views import Cost, CostRow, HourCell
from playhead_dashboard import urls
from playhead_dashboard.figures import spend
from playhead_dashboard.pages import overview, runs
from playhead_dashboard.panels import (
    cost_table,
    daybars,
    failure_table,
    heat,
    marks,
    pills,
    run_grid,
    states,
)

HOSTILE = "<img src=x onerror=alert(1)>"


def drawn(component: Any) -> str:
    """The component as the JSON that the browser gets."""
    return json.dumps(component, cls=plotly.utils.PlotlyJSONEncoder, ensure_ascii=False)


def cost_row(key: str | None, usd: str | None, *, unknown: int = 0, q: str = "q") -> CostRow:
    return CostRow(
        key=key, runs=2, model_calls=5, tool_calls=1, tokens_input=1_200, tokens_output=None,
        tokens_cache_read=0, tokens_reasoning=None, cost=Cost(usd=usd, calls_unknown=unknown),
        duration_ns=10**9, q=q,
    )  # fmt: skip


def hour(weekday: int, at: int, runs: int, failed: int) -> HourCell:
    return HourCell(weekday=weekday, hour=at, runs=runs, failed=failed, q=f"hour:{at}")


def test_spend_that_no_stack_holds_is_others() -> None:
    total = [cost_row("2026-11-20", "5"), cost_row("2026-11-21", "3")]
    figure = spend.spend_per_day(total, [("a", [cost_row("2026-11-20", "4")])])
    assert [(bar["name"], bar["y"]) for bar in figure["data"]] == [
        ("a", [4.0, 0.0]),
        ("others", [1.0, 3.0]),
    ]
    assert figure["data"][0]["x"] == ["Fri 20 Nov", "Sat 21 Nov"]


def test_shares_leave_out_what_is_unknown() -> None:
    tree = spend.shares([cost_row("a", "5"), cost_row("b", None, unknown=5)])["data"][0]
    assert (tree["labels"], tree["values"], tree["branchvalues"]) == (["a"], [5.0], "remainder")


def test_plotly_gets_no_markup() -> None:
    figure = spend.spend_per_day([cost_row("2026-11-20", "5")], [(HOSTILE, [])])
    figures = [figure, spend.shares([cost_row(HOSTILE, "1")])]
    for made in figures:
        shown = [bar.get("name", "") + str(bar.get("labels", "")) for bar in made["data"]]
        assert "<img" not in "".join(shown)
        assert "<img" not in "".join(bar["hovertemplate"] for bar in made["data"])


def test_an_unknown_cost_is_said_with_its_count() -> None:
    table = drawn(cost_table.cost_table([cost_row("m", None, unknown=5)], urls.Address()))
    assert '"unknown"' in table
    assert "5 calls without a known price" in table


def test_every_row_of_the_cost_table_opens_its_runs() -> None:
    address = urls.Address(params={"range": "7d"})
    table = drawn(cost_table.cost_table([cost_row("m", "1", q='model:"m"')], address))
    assert table.count("/runs?range=7d&q=model%3A%22m%22&sort=-cost") == 9


def test_the_hour_that_stands_out_is_found() -> None:
    cells = [hour(4, 15, 20, 14), hour(4, 16, 20, 1), hour(0, 9, 100, 4)]
    peak = heat.find_peak(cells)
    assert peak is not None
    assert (peak.cell, peak.others_runs, peak.others_failed) == (cells[0], 120, 5)


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [hour(0, 1, 10, 0)],
        [hour(0, 1, 1, 1), hour(0, 2, 50, 5)],  # one failure is an accident
        [hour(0, 1, 20, 5), hour(0, 2, 20, 4)],  # not three times the others
    ],
)
def test_no_hour_is_accused_without_evidence(cells: list[HourCell]) -> None:
    assert heat.find_peak(cells) is None


def test_one_failure_of_one_run_is_paler_than_twenty_of_twenty() -> None:
    assert heat.heat(hour(0, 1, 1, 1)) < heat.heat(hour(0, 2, 20, 20))
    assert heat.heat(hour(0, 1, 5, 0)) == 0


def test_a_cell_of_the_week_opens_the_runs_that_failed() -> None:
    week = drawn(heat.heat_map([hour(4, 15, 20, 14), hour(1, 3, 2, 0)], range="all"))
    assert "/runs?range=all&q=hour%3A15%20status%3Afailed" in week
    assert '"/runs?range=all&q=hour%3A3"' in week
    assert "Friday 15:00 UTC: 14 of 20 runs failed" in week
    assert week.count('"tabIndex": 0') == 1


def test_a_course_has_thirty_days_with_zeros() -> None:
    course = failure_table.course([("2026-11-20", 4), ("2026-11-22", 1)], NOW_NS)
    assert (len(course), course[-3:], sum(course)) == (30, [4, 0, 1], 5)


def test_a_spark_is_one_element_however_long() -> None:
    shown = drawn(marks.spark([1.0] * 500))
    assert shown.count("%3Crect") == 2 * marks.SPARK_BARS_MAX  # in two spellings of one style


def test_a_day_opens_its_runs() -> None:
    days = [{"day": "2026-11-20", "runs": 4, "failed": 1, "cost_usd": None}]
    bars = drawn(daybars.day_bars(days))
    assert "/runs?range=all&q=day%3A2026-11-20" in bars
    assert "Fri 20 Nov: 4 runs, 1 failed" in bars


@pytest.mark.parametrize(
    ("q", "status", "then"),
    [
        ("", "failed", "status:failed"),
        ("status:failed tool:x", "", "tool:x"),
        ("a -status:lost b", "running", "a b status:running"),
        ("mystatus:x", "lost", "mystatus:x status:lost"),
    ],
)
def test_a_pill_replaces_the_status_of_a_search(q: str, status: str, then: str) -> None:
    assert pills.with_status(q, status) == then


def test_pills_show_what_there_is_and_mark_what_is_chosen() -> None:
    address = urls.Address(path="/runs", params={"q": "status:lost"})
    shown = drawn(pills.status_pills(address, {"": 9, "failed": 2, "lost": 0, "paused": 0}))
    assert [word in shown for word in ("All", "Failed", "Lost", "Paused")] == [
        True,
        True,
        True,
        False,
    ]
    assert shown.count("aria-current") == 1


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x"])
def test_a_cell_that_a_spreadsheet_would_compute_is_text(start: str) -> None:
    assert run_grid.cell(start) == f"'{start}"


def test_a_run_becomes_a_row_of_words() -> None:
    run = make_run(5).model_copy(update={"workflow": HOSTILE, "error_type": "=cmd()"})
    row = run_grid.row(run, NOW_NS)
    assert row["workflow"] == HOSTILE  # text for a text node
    assert row["error"].startswith("'=cmd()")
    assert row["started_full"].endswith("UTC")
    assert set(map(type, row.values())) <= {str, float}


def test_a_query_error_points_at_its_character() -> None:
    error = QueryError("There is no field 'sta'.", position=4, hint="status")
    shown = drawn(states.query_error("abc sta:x", error))
    assert '"    ^"' in shown
    assert "There is no field" in shown


def test_changes_are_said_in_words_and_never_invented() -> None:
    change = overview.relative_change
    assert change(110, 100).words == "+10% against the range before"
    assert change(90, 100, rise="bad").tone == "good"
    assert change(5, 0).words == change(5, None).words == "no earlier runs to compare with"
    assert change(None, 4).words == "no earlier runs to compare with"


def test_blocks_follow_the_cursors_and_end() -> None:
    reader = MemoryReader([make_run(i) for i in range(250)])
    address = urls.Address(path="/runs", params={"range": "all"})
    shown: list[str] = []
    cursors: dict[str, str] = {}
    seen = None
    for start in (0, 100, 200):
        asked = {"startRow": start, "endRow": start + 100, "sortModel": []}
        answer, cursors, seen, _, _ = runs.answer_block(
            reader, address, asked, cursors, seen, NOW_NS
        )
        shown += [row["run_id"] for row in answer["rowData"]]
    assert shown == [run.run_id for run in reader.all_runs]
    assert answer["rowCount"] == 250
    assert seen == {"since_ns": None, "total": 250}


def test_runs_that_came_since_are_counted() -> None:
    reader = MemoryReader([make_run(i) for i in range(250)])
    address = urls.Address(path="/runs", params={"range": "all"})
    seen = {"since_ns": None, "total": 247}
    assert runs.count_new(reader, address, seen) == 3
