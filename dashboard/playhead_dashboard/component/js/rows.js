/* Which rows are to be seen: the tree with some of it collapsed, or only what matches. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;

  ph.Rows = class Rows {
    constructor(outline) {
      this.outline = outline;
      this.collapsed = new Uint8Array(outline.n);
      this.shown = new Int32Array(outline.n); // line -> row
      this.lineOf = new Int32Array(outline.n); // row -> line, -1 when hidden
      this.count = 0;
    }

    /** Recompute; with `only` (rows that match, and their ancestors) the rest is hidden. */
    layout(only) {
      const { outline, collapsed, shown, lineOf } = this;
      lineOf.fill(-1);
      let line = 0;
      for (let i = 0; i < outline.n;) {
        if (only && !only[i]) {
          i = outline.last[i] + 1;
          continue;
        }
        lineOf[i] = line;
        shown[line++] = i;
        i = collapsed[i] && !only ? outline.last[i] + 1 : i + 1;
      }
      this.count = line;
    }

    /** The line of a row, or of the nearest ancestor that is to be seen. */
    nearestLine(row) {
      for (let i = row; i >= 0; i = this.outline.parent[i])
        if (this.lineOf[i] >= 0) return this.lineOf[i];
      return -1;
    }

    /** Open all ancestors of a row; true if any was closed. */
    reveal(row) {
      let changed = false;
      for (let p = this.outline.parent[row]; p >= 0; p = this.outline.parent[p]) {
        if (this.collapsed[p]) {
          this.collapsed[p] = 0;
          changed = true;
        }
      }
      return changed;
    }

    /** Collapse everything below the first level, or expand everything. */
    setAll(closed) {
      const { outline, collapsed } = this;
      for (let i = 0; i < outline.n; i++) {
        collapsed[i] =
          closed && outline.kids[i] && (outline.depth[i] > 0 || outline.n === outline.kids[i])
            ? 1
            : 0;
      }
    }

    /** Take over what was collapsed in an earlier version of the same run. */
    adopt(earlier) {
      earlier.collapsed.forEach((closed, row) => {
        if (!closed) return;
        const now = this.outline.rowOf(earlier.outline.ids[row]);
        if (now >= 0) this.collapsed[now] = 1;
      });
    }
  };
})();
