// The grid of runs: cell renderers (text nodes only), its theme, and its part of the address.
(function () {
  "use strict";
  const GRID = "runs-grid";
  const h = React.createElement;
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  let filledFor = null; // search and range that the rows in the grid belong to

  const waiting = () => h("span", { className: "cell-waiting" });
  const icon = (name) => h("span", { className: `icon icon-${name}`, "aria-hidden": "true" });

  cells.RunStatus = ({ data }) =>
    data ? h("span", { className: `status status-${data.status}` }, icon(data.status), data.status) : waiting();
  cells.RunLink = ({ data }) =>
    data ? h("a", { href: data.href, title: data.workflow, className: "cell-link" }, data.workflow) : waiting();
  cells.RunId = ({ data }) =>
    data ? h("span", { className: "mono dim", title: data.run_id }, data.short_id) : null;
  cells.RunStarted = ({ data }) =>
    data ? h("time", { title: data.started_full }, data.started) : null;
  cells.RunDuration = ({ data }) => {
    if (!data) return null;
    const width = `${Math.max(2, data.duration_share * 100)}%`;
    return h(
      "span",
      { className: "cell-bar" },
      h("span", { className: "cell-bar-fill", style: { width } }),
      h("span", { className: data.duration === "unknown" ? "unknown" : "" }, data.duration)
    );
  };
  cells.RunNumber = ({ value }) => h("span", { className: value === "unknown" ? "unknown" : "" }, value);
  cells.RunCost = ({ data }) =>
    data
      ? h("span", { title: data.cost_note, className: data.cost === "unknown" ? "unknown" : "" }, data.cost)
      : null;
  cells.RunError = ({ data }) =>
    data && data.error ? h("span", { title: data.error, className: "cell-error" }, data.error) : null;

  functions.playheadTheme = (quartz) =>
    quartz.withParams({
      fontFamily: "var(--ph-font)",
      fontSize: 13,
      headerFontSize: 12,
      headerFontWeight: 600,
      backgroundColor: "var(--ph-surface)",
      foregroundColor: "var(--ph-text)",
      borderColor: "var(--ph-border)",
      headerBackgroundColor: "var(--ph-surface-2)",
      headerTextColor: "var(--ph-text-dim)",
      rowHoverColor: "var(--ph-surface-2)",
      selectedRowBackgroundColor: "var(--ph-accent-soft)",
      accentColor: "var(--ph-accent)",
      wrapperBorderRadius: "var(--ph-radius)",
      headerColumnResizeHandleColor: "transparent",
      columnBorder: false,
      cellHorizontalPadding: 12,
    });

  functions.playheadOpen = ({ data, event }) => {
    const selecting = String(window.getSelection()).length > 0;
    if (!data || selecting || (event && event.target.closest("a, button"))) return;
    window.playheadShell.go(data.href);
  };
  functions.playheadKey = ({ data, event }) => {
    if (data && event.key === "Enter") window.playheadShell.go(data.href);
  };
  functions.playheadSorted = ({ api, source }) => {
    if (source !== "uiColumnSorted") return; // the address brought this order itself
    const column = api.getColumnState().find((state) => state.sort);
    const sort = column ? `${column.sort === "desc" ? "-" : ""}${column.colId}` : "-start";
    forget();
    window.playheadShell.go(window.playheadShell.withParam("sort", sort, "-start"));
  };

  function gridApi() {
    return document.getElementById(GRID) ? window.dash_ag_grid.getApi(GRID) : null;
  }

  /** Forget what the rows belonged to: the next block that is asked for is the first of new ones. */
  function forget() {
    window.dash_clientside.set_props("runs-seen", { data: null });
    window.dash_clientside.set_props("runs-cursors", { data: null });
  }

  function fill(api) {
    forget();
    api.purgeInfiniteCache();
    api.ensureIndexVisible(0);
  }

  document.addEventListener("click", (event) => {
    const api = event.target.closest("[data-new-runs]") && gridApi();
    if (api) fill(api);
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.runs = {
    address_changed(search) {
      if (window.location.pathname !== "/runs") {
        filledFor = null;
        return;
      }
      const params = new URLSearchParams(search || "");
      const belongs = JSON.stringify([params.get("q") || "", params.get("range") || ""]);
      const api = gridApi();
      const before = filledFor;
      filledFor = belongs;
      if (!api || before === null) return; // just drawn: it asks by itself
      const input = document.getElementById("runs-search");
      if (input && document.activeElement !== input) {
        window.dash_clientside.set_props("runs-search", { value: params.get("q") || "" });
      }
      const sort = params.get("sort") || "-start";
      const wanted = { colId: sort.replace(/^-/, ""), sort: sort.startsWith("-") ? "desc" : "asc" };
      const now = api.getColumnState().find((state) => state.sort) || {};
      const sorted = now.colId === wanted.colId && now.sort === wanted.sort;
      if (before !== belongs || !sorted) forget();
      if (!sorted) api.applyColumnState({ state: [wanted], defaultState: { sort: null } });
      else if (before !== belongs) fill(api);
    },
    /** Runs that are shown went on; where new ones came too, a button says so and nothing moves. */
    something_changed(news) {
      const api = news && news.new === 0 && news.version > 0 && gridApi();
      if (api) api.refreshInfiniteCache();
    },
  };
})();
