// Puts the theme on charts, and opens the runs of what was clicked in one.
(function () {
  "use strict";
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.charts = {
    dress(figure, theme, templates) {
      const template = templates[theme || document.documentElement.dataset.theme];
      return { data: figure.data, layout: { ...figure.layout, template } };
    },
    /** A bar carries its day, a field of the treemap the search that lists its runs. */
    open_runs(click) {
      const point = click && click.points && click.points[0];
      if (!point) return;
      const told = Array.isArray(point.customdata) ? point.customdata[0] : point.customdata;
      const isDay = point.data.type === "bar";
      const url = new URL("/runs", window.location.href);
      const range = new URLSearchParams(window.location.search).get("range");
      if (isDay) url.searchParams.set("range", "all");
      else if (range) url.searchParams.set("range", range);
      url.searchParams.set("q", isDay ? `day:${told}` : told);
      if (!isDay) url.searchParams.set("sort", "-cost");
      window.playheadShell.go(url.pathname + url.search);
    },
  };
})();
