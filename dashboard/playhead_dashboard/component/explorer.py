# pyright: basic
"""The Python side of the Run page's component: its properties, its files, its keys."""

from typing import Any, ClassVar

from dash.development.base_component import Component

NAMESPACE = "playhead_dashboard"

# In the order in which a browser must run them: data, layout, drawing, input, the whole.
JS_FILES: tuple[str, ...] = tuple(
    f"component/js/{name}.js"
    for name in (
        "dom",
        "format",
        "outline",
        "scale",
        "rows",
        "query",
        "store",
        "address",
        "words",
        "waterfall",
        "canvas",
        "playhead",
        "graph",
        "values",
        "diff",
        "pieces",
        "calls",
        "decisions",
        "state",
        "panels",
        "inspector",
        "header",
        "keys",
        "explorer",
        "moves",
    )
)
CSS_FILES: tuple[str, ...] = ("component/run.css",)

# What the keyboard help says. In the tree, too, left and right move the playhead: stepping is what
# people come for, and a key that sometimes steps and sometimes folds can be trusted in neither.
KEYS: tuple[tuple[str, str], ...] = (
    ("← →", "Step back, step on"),
    ("Space", "Play, pause"),
    ("↑ ↓", "Row up, row down"),
    ("Enter", "Open or close the row"),
    ("Shift ← →", "Close, open the row"),
    ("Home End", "First step, last step"),
    ("e E", "Next, previous error"),
    ("/", "Search in the run"),
    ("n N", "Next, previous match"),
    ("m", "Only matches"),
    ("[ ]", "Collapse all, expand all"),
    ("f", "Follow the rows in view"),
    ("c", "Compress idle time"),
    ("x", "Critical path"),
    ("w s a d", "Zoom and pan the time"),
    ("0", "The whole time"),
    ("Esc", "Leave replay or search"),
)


class RunExplorer(Component):
    """One run, to be looked at and played back. It reads the API itself and keeps the address.

    Args:
        id: of the component.
        runId: the run.
        apiBase: where the API lies, without a slash at the end.
    """

    _children_props: ClassVar[list[str]] = []
    _base_nodes: ClassVar[list[str]] = ["children"]
    _namespace = NAMESPACE
    _type = "RunExplorer"

    def __init__(self, id: str, runId: str, apiBase: str = "/api", **more: Any) -> None:
        """Name the run to show."""
        self._prop_names = ["id", "runId", "apiBase"]
        self._valid_wildcard_attributes: list[str] = []
        self.available_properties = self._prop_names
        self.available_wildcard_properties: list[str] = []
        super().__init__(id=id, runId=runId, apiBase=apiBase, **more)
