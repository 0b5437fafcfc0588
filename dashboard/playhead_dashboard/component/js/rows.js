/* Which rows are to be seen: the tree with some of it collapsed, or only what matches. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;

  const CLOSED_MAX = 60, // in an address
    ID_END = 8; // characters; of 60 among 10,000 steps, the chance that one names two is about 10^-4

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
      for (let i = 0; i < this.outline.n; i++) this.collapsed[i] = closed && this.belowFirst(i) ? 1 : 0;
    }

    belowFirst(row) {
      const { kids, depth, n } = this.outline;
      return Boolean(kids[row] && (depth[row] > 0 || n === kids[row]));
    }

    /** What is closed, short enough for an address: ends of step ids; `all` where all is; null if too many. */
    closedWords() {
      const closed = [];
      let all = true;
      for (let i = 0; i < this.outline.n; i++) {
        if (this.collapsed[i]) closed.push(i);
        if (Boolean(this.collapsed[i]) !== this.belowFirst(i)) all = false;
      }
      if (!closed.length || (closed.length > CLOSED_MAX && !all)) return null;
      return all ? 'all' : closed.map((i) => this.outline.ids[i].slice(-ID_END)).join(',');
    }

    /** Close what an address names, and nothing else. */
    closeWords(words) {
      const wanted = new Set((words || '').split(','));
      for (let i = 0; i < this.outline.n; i++)
        this.collapsed[i] = Number(
          words === 'all'
            ? this.belowFirst(i)
            : this.outline.kids[i] > 0 && wanted.has(this.outline.ids[i].slice(-ID_END)),
        );
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
