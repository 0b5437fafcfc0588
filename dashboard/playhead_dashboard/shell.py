# pyright: basic
"""The frame around every page: index page, rail, header, keyboard help."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dash import dcc, html

from playhead_dashboard import ids, theme, urls
from playhead_dashboard.component import KEYS as RUN_KEYS
from playhead_dashboard.pages import PAGES
from playhead_dashboard.panels import states
from playhead_dashboard.panels.attributes import HIDDEN, aria, data

INDEX = """<!DOCTYPE html>
<html lang="en">
  <head>
    {%metas%}
    <meta name="color-scheme" content="light dark">
    <title>{%title%}</title>
    <link rel="icon" type="image/svg+xml" href="/assets/favicon.svg?m=BOOT">
    <script src="/assets/boot.js?m=BOOT"></script>
    {%css%}
  </head>
  <body>
    {%app_entry%}
    <noscript>playhead draws its pages with JavaScript, which is switched off here. The same
      answers are at /api/runs.</noscript>
    <footer hidden>{%config%}{%scripts%}{%renderer%}</footer>
  </body>
</html>
"""

KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Everywhere",
        (
            ("g o", "Overview"),
            ("g r", "Runs"),
            ("g c", "Costs"),
            ("g f", "Failures"),
            ("/", "Search"),
            ("t", "Light or dark"),
            ("?", "This help"),
        ),
    ),
    ("On a run", RUN_KEYS),
)


def index_page(assets: Path) -> str:
    """Return the HTML frame, with the version of the boot script in its address."""
    stamp = int(max(path.stat().st_mtime for path in assets.iterdir()))
    return INDEX.replace("BOOT", str(stamp))


def layout() -> html.Div:
    """Return the fixed frame; the page itself is filled in by `app.show`."""
    return html.Div(
        [
            html.A("Skip to content", href="#main", className="skip-link"),
            dcc.Location(id=ids.LOCATION, refresh=False),
            dcc.Store(id=ids.ROUTE),
            dcc.Store(id=ids.LIVE),
            dcc.Store(id=ids.THEME_NAME),
            dcc.Store(id=ids.TEMPLATES, data={"light": theme.LIGHT, "dark": theme.DARK}),
            rail(),
            html.Div([header(), main()], className="frame"),
            keyboard_help(),
            html.Div(id="announce", className="visually-hidden", role="status"),
        ],
        className="app",
    )


def rail() -> html.Nav:
    """Return the left rail. shell.js marks the current page and carries the range along."""
    links = [
        html.A(
            [icon(page.name), html.Span(page.title, className="rail-word")],
            href=page.path,
            title=f"{page.title} (g {page.key})",
            **data(rail=page.name),
        )
        for page in PAGES
        if page.key
    ]
    brand = html.A(
        [html.Span(className="logo"), html.Span("playhead", className="rail-word")],
        href=urls.overview_url(),
        className="brand",
        **aria(label="playhead, to the overview"),
    )
    return html.Nav(
        [brand, html.Div(links, className="rail-links"), live_dot()],
        className="rail",
        **aria(label="Pages"),
    )


def live_dot() -> html.Div:
    """Return the live dot; live.js sets its state and words."""
    return html.Div(
        [
            html.Span(className="live-dot"),
            html.Span("Connecting", id="live-words", className="rail-word"),
        ],
        id="live-state",
        className="live-state",
        role="status",
        **data(state="connecting"),
    )


def header() -> html.Header:
    """Return the bar over the page: where we are, time range, help, theme."""
    ranges = [html.Option(words, value=name) for name, (words, _) in urls.RANGES.items()]
    select = html.Select(ranges, id=ids.RANGE, **aria(label="Time range"))
    help_button = html.Button(
        "?",
        id="help-button",
        className="icon-button",
        title="Keyboard (?)",
        **aria(label="Keyboard help"),
    )
    theme_button = html.Button(
        html.Span(className="icon icon-theme"),
        id=ids.THEME,
        className="icon-button",
        title="Light or dark (t)",
        **aria(label="Switch between light and dark"),
    )
    where = html.Nav(id=ids.CRUMBS, className="crumbs", **aria(label="Breadcrumb"))
    tools = html.Div([select, help_button, theme_button], className="header-tools")
    return html.Header([where, tools], className="header")


def main() -> html.Main:
    """Return the place of the page, with a skeleton until the first answer is here."""
    page = html.Div(
        states.skeleton(),
        id=ids.PAGE,
        className="page",
        **aria(busy="true"),
    )
    return html.Main(page, id=ids.MAIN, className="main", tabIndex=-1)


def crumbs(trail: Sequence[tuple[str, str | None]]) -> list[Any]:
    """Return the breadcrumb; the last one is the page itself."""
    parts: list[Any] = []
    for words, address in trail[:-1]:
        parts.append(html.A(words, href=address) if address else html.Span(words))
        parts.append(html.Span("/", className="crumb-slash", **HIDDEN))
    last = trail[-1][0]
    return [*parts, html.Span(last, className="crumb-here", **aria(current="page"))]


def keyboard_help() -> html.Dialog:
    """Return the native dialog that `?` opens."""
    groups = [
        html.Section(
            [
                html.H3(title),
                html.Dl([html.Div([html.Dt(_keys(keys)), html.Dd(words)]) for keys, words in rows]),
            ]
        )
        for title, rows in KEYS
    ]
    close = html.Form(html.Button("Close", className="button"), method="dialog")
    return html.Dialog(
        [html.H2("Keyboard", id="help-title"), html.Div(groups, className="key-groups"), close],
        id=ids.HELP,
        className="help",
        **aria(labelledby="help-title"),
    )


def icon(name: str) -> html.Span:
    """Return one icon of the sprite in shell.css; it says nothing to a screen reader."""
    return html.Span(className=f"icon icon-{name}", **HIDDEN)


def _keys(keys: str) -> list[Any]:
    return [html.Kbd(key) for key in keys.split(" ")]
