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
RUNS_CURSORS = "runs-cursors"  # dcc.Store: first row of a block -> cursor that gives it
RUNS_SEEN = "runs-seen"  # dcc.Store: {"since_ns", "total"} when the grid was filled; None: fill it
RUNS_NEWS = "runs-news"  # dcc.Store: {"new", "version"}: how many runs came since
RUNS_NEW = "runs-new"
RUNS_COUNT = "runs-count"
RUNS_SEARCH = "runs-search"
RUNS_ERROR = "runs-error"
RUNS_PILLS = "runs-pills"

THEME_NAME = "theme-name"  # dcc.Store: "light" or "dark", as the page is painted
TEMPLATES = "templates"  # dcc.Store: theme name -> Plotly template
CHART_SPEND = "chart-spend"
CHART_SPEND_DATA = "chart-spend-data"  # dcc.Store: the figure without its theme
CHART_SHARE = "chart-share"
CHART_SHARE_DATA = "chart-share-data"

RUN = "run"  # the explorer of one run
