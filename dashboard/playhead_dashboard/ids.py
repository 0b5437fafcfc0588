"""Every component id of the dashboard, so that a callback and a layout cannot disagree."""

LOCATION = "location"  # dcc.Location: the address, the only place where page state lives
ROUTE = "route"  # dcc.Store: the part of the address that the server must draw anew
LIVE = "live"  # dcc.Store: {"version": n, "state": "live"|"stale"} from server-sent events
CRUMBS = "crumbs"
MAIN = "main"
PAGE = "page"
HELP = "help"
THEME = "theme-toggle"
RANGE = "range"

RUNS_GRID = "runs-grid"
RUNS_CURSORS = "runs-cursors"  # dcc.Store: row number of a block's start -> cursor
RUNS_STATUS = "runs-status"
RUNS_SEARCH = "runs-search"
RUNS_ERROR = "runs-error"
RUNS_PILLS = "runs-pills"
RUNS_NEW = "runs-new"
RUNS_SEEN = "runs-seen"  # dcc.Store: start_ns of the newest run that the grid shows

THEME_NAME = "theme-name"  # dcc.Store: "light" or "dark", as the page is painted
TEMPLATES = "templates"  # dcc.Store: theme name -> Plotly template
CHART_SPEND = "chart-spend"
CHART_SPEND_DATA = "chart-spend-data"  # dcc.Store: the figure without its theme
CHART_SHARE = "chart-share"
CHART_SHARE_DATA = "chart-share-data"

RUN = "run"  # the explorer of one run
