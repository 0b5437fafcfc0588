// Puts the theme on charts, and opens the runs of what was clicked in one.
(function () {
  "use strict";
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.charts = {
    dress(figure, theme, templates) {
      const template = templates[theme || document.documentElement.dataset.theme];
      return { data: figure.data, layout: { ...figure.layout, template } };
    },
    /** Bars and fields carry the search that lists their runs. */
    open_runs(click) {
      const point = click && click.points && click.points[0];
      if (!point || !point.customdata) return;
      const q = String([].concat(point.customdata)[0]);
      const url = new URL("/runs", window.location.href);
      const range = new URLSearchParams(window.location.search).get("range");
      if (q.startsWith("day:")) url.searchParams.set("range", "all"); // the day alone says when
      else if (range) url.searchParams.set("range", range);
      url.searchParams.set("q", q);
      url.searchParams.set("sort", "-cost");
      window.playheadShell.go(url.pathname + url.search);
    },
  };
})();
