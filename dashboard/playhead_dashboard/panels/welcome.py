# pyright: basic
"""The empty store: the one line to add, and a way to see a full one at once."""

from dash import html

from playhead_dashboard.panels.attributes import HIDDEN, aria, data

CODE = "import playhead; playhead.init()"
INSTALL = "pip install playhead"


def welcome() -> html.Section:
    """Return the first page that somebody sees."""
    steps = [
        html.Li([html.H2("Install it beside your agent"), _code(INSTALL)]),
        html.Li([html.H2("Add one line at the start of your LangGraph program"), _code(CODE)]),
        html.Li(
            [
                html.H2("Run your program"),
                html.P("Its runs appear here while they are still going.", className="dim"),
            ]
        ),
    ]
    demo = html.Div(
        [
            html.H2("Or look around first"),
            html.P(
                "Fills the store with recorded runs of two agents, four weeks of them.",
                className="dim",
            ),
            html.Button("Load demo runs", className="button primary", **data(demo="")),
        ],
        className="welcome-demo",
    )
    grpc = html.P(
        [
            "A program that already sends OpenTelemetry over gRPC must be told to speak HTTP: ",
            html.Code("OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"),
        ],
        className="dim welcome-note",
    )
    return html.Section(
        [
            html.Span(className="welcome-logo", **HIDDEN),
            html.H1("Nothing is recorded yet"),
            html.P("playhead records every step of an agent and plays it back.", className="dim"),
            html.Ol(steps, className="welcome-steps"),
            demo,
            grpc,
        ],
        className="welcome",
    )


def _code(text: str) -> html.Div:
    copy = html.Button(
        "Copy", className="button copy", **data(copy=text), **aria(label=f"Copy {text}")
    )
    return html.Div([html.Code(text), copy], className="code-line")
