/* What a reader can do: select, step, jump, fold, search, zoom.
 * Each changes the state and asks for a frame. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const ZOOM_MIN = 1e-6; // of the axis

  Object.assign(ph.Explorer.prototype, {
    // --- where the playhead stands ---

    /** Put the playhead on a row; `replay` fades the future. */
    select(row, { replay = false, playing = false } = {}) {
      if (row < 0 || row >= this.outline.n) return;
      if (!playing) this.playhead.stop();
      if (replay && !this.flags.replay) {
        this.flags.replay = true;
        this.schedule('all');
      }
      if (this.rows.reveal(row)) this.relayout();
      this.selected = row;
      const line = this.rows.lineOf[row];
      if (line >= 0) this.waterfall.show(line);
      this.schedule('rows');
      this.schedule('strips');
      this.keepInView(row);
      this.inspector.draw();
      if (this.found) this.toolbar.drawFound();
      this.writeAddress();
    },

    /** Where the time axis is zoomed by hand, it moves along. */
    keepInView(row) {
      const [from, to] = this.zoom,
        share = this.scale.at(this.outline.start[row]);
      if (this.flags.follow || to - from > 0.999 || (share >= from && share <= to)) return;
      this.panTo(share - (to - from) * 0.2);
    },

    /** Step the playhead along its order. */
    step(by, playing = false) {
      const o = this.outline;
      if (!o || !o.n) return;
      const place = this.selected < 0 ? (by > 0 ? 0 : o.n - 1) : o.place[this.selected] + by;
      if (place < 0 || place >= o.n) return;
      this.goTo(place, playing);
    },

    goTo(place, playing = false) {
      this.select(this.outline.order[place], { replay: true, playing });
    },

    /** The last step that had started at a time. */
    goToTime(ns) {
      const { order, start, n } = this.outline;
      let place = 0;
      while (place + 1 < n && start[order[place + 1]] <= ns) place += 1;
      this.select(order[place]);
    },

    moveLine(by) {
      const { rows } = this;
      const line =
        this.selected < 0 ? (by > 0 ? 0 : rows.count - 1) : rows.nearestLine(this.selected) + by;
      this.select(rows.shown[Math.min(rows.count - 1, Math.max(0, line))]);
    },

    nextError(direction) {
      const { errors, place } = this.outline;
      const inOrder = [...errors].sort((a, b) => place[a] - place[b]);
      this.jump(inOrder, direction, 'error');
    },

    nextMatch(direction) {
      if (!this.found || !this.found.count) return;
      const rows = [];
      this.found.match.forEach((hit, row) => {
        if (hit) rows.push(row);
      });
      this.jump(rows, direction, 'match');
    },

    /** To the next of some rows from where the playhead stands, around the end. */
    jump(rows, direction, word) {
      if (!rows.length) return;
      const at = rows.indexOf(this.selected);
      let next;
      if (at >= 0) next = (at + direction + rows.length) % rows.length;
      else {
        const key = word === 'error' ? this.outline.place : null,
          here = this.selected;
        const value = (row) => (key ? key[row] : row);
        const later = rows.findIndex((row) => here < 0 || value(row) > value(here));
        next = direction > 0 ? Math.max(0, later) : (later < 0 ? rows.length : later) - 1;
        if (next < 0) next = rows.length - 1;
      }
      this.select(rows[next]);
      this.say(`${word} ${next + 1} of ${rows.length}`);
    },

    escape() {
      this.playhead.stop();
      if (this.flags.replay) this.toggle('replay');
      else if (this.query) {
        this.toolbar.input.value = '';
        this.find('');
      }
    },

    // --- what is seen ---

    toggle(flag) {
      if (flag === 'only' && !this.found && !this.flags.only) return;
      this.flags[flag] = !this.flags[flag];
      if (flag === 'compress') {
        this.scale = new ph.Scale(
          this.outline.total,
          this.flags.compress ? ph.idleGaps(this.outline) : [],
        );
        this.zoom = [0, 1];
        this.resetStrips();
        if (this.flags.compress) {
          this.say(
            this.scale.gaps.length
              ? ph.plural(this.scale.gaps.length, 'idle gap') + ' compressed'
              : 'No idle time to compress',
          );
        }
      }
      if (flag === 'follow' && !this.flags.follow) this.zoom = [0, 1];
      if (flag === 'critical') this.critical = this.flags.critical ? this.outline.critical() : null;
      if (flag === 'only') this.relayoutAround(this.selected);
      this.schedule('all');
      this.writeAddress();
    },

    relayoutAround(row) {
      this.relayout();
      const line = this.rows.nearestLine(row);
      if (line >= 0) this.waterfall.show(line);
    },

    /** Open or close the selected row (`closed` null: the other way); a closed one goes to its parent. */
    fold(closed) {
      const row = this.selected,
        { kids, parent } = this.outline;
      if (row < 0) return;
      const isClosed = Boolean(this.rows.collapsed[row]);
      if (closed === true && (!kids[row] || isClosed)) {
        if (parent[row] >= 0) this.select(parent[row]);
        return;
      }
      if (kids[row] && closed !== isClosed) this.foldRow(row);
    },

    foldRow(row) {
      this.rows.collapsed[row] = this.rows.collapsed[row] ? 0 : 1;
      this.relayout();
      this.say(this.rows.collapsed[row] ? 'closed' : 'open');
      this.schedule('rows');
      this.writeAddress();
    },

    collapseAll() {
      this.rows.setAll(true);
      this.relayoutAround(this.selected);
      this.schedule('rows');
      this.writeAddress();
    },

    expandAll() {
      this.rows.setAll(false);
      this.relayoutAround(this.selected);
      this.schedule('rows');
      this.writeAddress();
    },

    // --- search ---

    find(text) {
      this.query = text.trim();
      this.found = this.searched(this.query);
      if (!this.found) this.flags.only = false;
      this.relayout();
      if (this.found && this.found.count && this.waterfall.scroll.clientHeight)
        this.showFirstMatch();
      this.minimap.reset();
      this.schedule('all');
      this.writeAddress();
    },

    /** Find the steps behind a number of the header; asked for twice, the search is left. */
    lookFor(text) {
      const next = this.query === text ? '' : text;
      this.toolbar.input.value = next;
      this.find(next);
      this.focus();
    },

    searched(text) {
      const result = ph.search(this.outline, text);
      this.queryError = result && result.error;
      return result && !result.error ? result : null;
    },

    /** Scroll to the first match unless one is in view; the playhead stays. */
    showFirstMatch() {
      const { match } = this.found,
        { rows, waterfall } = this;
      waterfall.measure();
      const [first, end] = waterfall.range();
      for (let line = first; line < end; line++) if (match[rows.shown[line]]) return;
      const row = match.indexOf(1);
      if (rows.reveal(row)) this.relayout();
      waterfall.show(rows.lineOf[row]);
    },

    // --- the time axis ---

    setZoom(from, to) {
      const width = Math.min(1, Math.max(ZOOM_MIN, to - from));
      const start = Math.min(1 - width, Math.max(0, from));
      this.zoom = [start, start + width];
    },

    /** Show a part of the time, by hand: following the rows ends. */
    zoomTo(from, to) {
      this.flags.follow = false;
      this.setZoom(from, to);
      this.schedule('all');
      this.writeAddress();
    },

    panTo(from) {
      this.zoomTo(from, from + this.zoom[1] - this.zoom[0]);
    },

    pan(by) {
      this.panTo(this.zoom[0] + by * (this.zoom[1] - this.zoom[0]));
    },

    zoomAt(share, factor) {
      const [from, to] = this.zoom;
      this.zoomTo(share - (share - from) * factor, share + (to - share) * factor);
    },

    /** Zoom around a point of the view, the playhead's where it is in view. */
    zoomAround(point, factor) {
      const [from, to] = this.zoom;
      const own = this.selected < 0 ? -1 : this.scale.at(this.outline.start[this.selected]);
      this.zoomAt(own >= from && own <= to ? own : from + point * (to - from), factor);
    },

    /** Follow rows: the axis fits the steps in view, without the containers that reach out of it. */
    fitRows(first, end) {
      const { outline: o, rows, scale } = this;
      let from = Infinity,
        to = -Infinity;
      const lastRow = rows.shown[end - 1];
      for (let line = first; line < end; line++) {
        const row = rows.shown[line],
          open = o.kids[row] && !rows.collapsed[row];
        if (open && o.last[row] > lastRow && line < end - 1) continue;
        from = Math.min(from, o.start[row]);
        to = Math.max(to, open ? o.start[row] : o.end[row]);
      }
      if (!(to >= from)) return;
      const a = scale.at(from),
        b = scale.at(to),
        edge = Math.max((b - a) * 0.03, ZOOM_MIN);
      this.setZoom(a - edge, b + edge);
    },
  });
})();
