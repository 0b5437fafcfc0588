/* The waterfall: pooled rows over a time axis. Only what is in view exists as elements. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h, s } = ph;
  const ROW = 26; // px; also in run.css
  const SPARE = 6; // rows kept ready above and below the view
  const INDENT = 14,
    NAME_ROOM = 150; // px; where the tree is deeper than fits, the indent slides
  const MARK_WIDTH = 84; // px per mark of the axis
  const GRID_MAX = 60; // lines and gaps drawn at once

  ph.Waterfall = class Waterfall {
    constructor(explorer) {
      this.x = explorer;
      this.pool = [];
      this.axis = h('div', { class: 'rx-marks' });
      this.grid = h('div', { class: 'rx-grid', 'aria-hidden': 'true' });
      this.line = h('i', { class: 'rx-line', 'aria-hidden': 'true' });
      this.spacer = h('div', { class: 'rx-spacer', role: 'rowgroup' });
      this.scroll = h(
        'div',
        {
          class: 'rx-scroll',
          role: 'treegrid',
          tabindex: '0',
          'aria-label': 'Steps of the run',
          'aria-readonly': 'true',
        },
        this.spacer,
      );
      this.element = h(
        'div',
        { class: 'rx-left' },
        h(
          'div',
          { class: 'rx-axis', 'aria-hidden': 'true' },
          h('span', { class: 'rx-axis-name' }, 'Step'),
          h('span', { class: 'rx-axis-tokens' }, 'Tokens'),
          h('span', { class: 'rx-axis-cost' }, 'Cost'),
          this.axis,
          h('span', { class: 'rx-axis-dur' }, 'Duration'),
        ),
        this.grid,
        this.scroll,
        this.line,
      );
      this.scroll.addEventListener('scroll', () => this.x.schedule('rows'), { passive: true });
    }

    /** Forget what the pooled rows show: the outline is another one. */
    reset() {
      for (const row of this.pool) row.shows = -1;
      this.generation = (this.generation || 0) + 1;
    }

    measure() {
      const width = this.scroll.clientWidth;
      this.height = this.scroll.clientHeight;
      if (width === this.width && this.x.outline.anyUsd === this.measuredUsd) return;
      this.width = width;
      this.measuredUsd = this.x.outline.anyUsd;
      const name = Math.round(Math.min(460, Math.max(170, width * 0.42)));
      const both = width >= 860, // where there is room for one, money says more than tokens
        one = width >= 620,
        tokens = both || (one && !this.x.outline.anyUsd) ? 56 : 0,
        cost = both || (one && !tokens) ? 76 : 0,
        duration = width >= 420 ? 76 : 64;
      this.nameWidth = name;
      this.left = name + tokens + cost;
      this.timeWidth = Math.max(60, width - this.left - duration - 2);
      const style = this.element.style;
      for (const [key, px] of Object.entries({
        nw: name,
        kw: tokens,
        cw: cost,
        tw: this.timeWidth,
        dw: duration,
      })) {
        style.setProperty('--' + key, px + 'px');
      }
      this.element.classList.toggle('rx-no-tokens', !tokens);
      this.element.classList.toggle('rx-no-cost', !cost);
      this.axisKey = '';
    }

    /** Lines in view, without the spare ones. */
    range() {
      const top = this.scroll.scrollTop;
      return [
        Math.floor(top / ROW),
        Math.min(this.x.rows.count, Math.ceil((top + this.height) / ROW)),
      ];
    }

    draw() {
      this.measure();
      const { rows } = this.x;
      if (this.lines !== rows.count) {
        this.lines = rows.count;
        this.spacer.style.height = rows.count * ROW + 'px';
        this.scroll.setAttribute('aria-rowcount', rows.count);
      }
      const [first, end] = this.range();
      if (this.x.flags.follow) this.x.fitRows(first, end);
      this.drawRows(Math.max(0, first - SPARE), Math.min(rows.count, end + SPARE));
      this.drawAxis();
      this.drawLine();
    }

    drawRows(first, end) {
      const { pool } = this,
        { depth } = this.x.outline,
        { shown } = this.x.rows;
      let deepest = 0;
      for (let line = first; line < end; line++) deepest = Math.max(deepest, depth[shown[line]]);
      const levels = Math.max(4, Math.floor((this.nameWidth - NAME_ROOM) / INDENT));
      this.base = Math.max(0, deepest - levels);
      while (pool.length < end - first) pool.push(this.makeRow());
      const used = new Set();
      for (let line = first; line < end; line++) {
        const element = pool[line % pool.length];
        used.add(element);
        this.fill(element, line, this.x.rows.shown[line]);
      }
      for (const element of pool) {
        if (!used.has(element) && element.style.display !== 'none') {
          element.style.display = 'none';
          element.line = -1;
        }
      }
      const active = this.x.rows.lineOf[this.x.selected];
      const row = active >= first && active < end ? pool[active % pool.length] : null;
      if (row) this.scroll.setAttribute('aria-activedescendant', row.id);
      else this.scroll.removeAttribute('aria-activedescendant');
    }

    makeRow() {
      const use = s('use', {}),
        statusUse = s('use', {});
      const parts = {
        twist: h('i', { class: 'rx-twist' }),
        use,
        statusUse,
        icon: s(
          'svg',
          { class: 'rx-icon rx-kind', viewBox: '0 0 16 16', 'aria-hidden': 'true' },
          use,
        ),
        level: h('span', { class: 'rx-level' }),
        name: h('span', { class: 'rx-name' }),
        status: s(
          'svg',
          { class: 'rx-icon rx-row-status', viewBox: '0 0 16 16', 'aria-hidden': 'true' },
          statusUse,
        ),
        badge: h('span', { class: 'rx-badge' }),
        note: h('span', { class: 'rx-note' }),
        kids: h('span', { class: 'rx-kids' }),
        tokens: h('div', { class: 'rx-tokens', role: 'gridcell' }),
        cost: h('div', { class: 'rx-cost', role: 'gridcell' }),
        bar: h('i', { class: 'rx-bar' }),
        dur: h('div', { class: 'rx-dur', role: 'gridcell' }),
      };
      const element = h(
        'div',
        { class: 'rx-row', role: 'row', id: this.x.uid + '-row' + this.pool.length },
        h(
          'div',
          { class: 'rx-cell-name', role: 'gridcell' },
          parts.twist,
          parts.icon,
          parts.level,
          parts.name,
          parts.status,
          parts.badge,
          parts.note,
          parts.kids,
        ),
        parts.tokens,
        parts.cost,
        h('div', { class: 'rx-time', role: 'gridcell' }, parts.bar),
        parts.dur,
      );
      Object.assign(element, { parts, shows: -1, line: -1, classes: '', barStyle: '' });
      this.spacer.append(element);
      return element;
    }

    fill(element, line, row) {
      if (element.line !== line) {
        element.line = line;
        element.style.cssText = `top:${line * ROW}px`;
        element.setAttribute('aria-rowindex', line + 1);
      }
      if (element.shows !== row) {
        element.shows = row;
        this.fillFacts(element, row);
        element.base = -1;
      }
      if (element.base !== this.base) {
        element.base = this.base;
        const level = this.x.outline.depth[row];
        element.firstChild.style.paddingLeft = 6 + Math.max(0, level - this.base) * INDENT + 'px';
        element.parts.level.textContent = this.base ? level : '';
      }
      const classes = this.classesOf(row);
      if (element.classes !== classes) {
        element.classes = classes;
        element.className = classes;
        element.setAttribute('aria-selected', row === this.x.selected ? 'true' : 'false');
        if (this.x.outline.kids[row])
          element.setAttribute('aria-expanded', !this.x.rows.collapsed[row]);
        else element.removeAttribute('aria-expanded');
      }
      const style = this.barStyle(row);
      if (element.barStyle !== style) {
        element.barStyle = style;
        element.parts.bar.style.cssText = style;
      }
    }

    /** What does not change while the outline stays the same. */
    fillFacts(element, row) {
      const o = this.x.outline,
        parts = element.parts,
        kind = o.kind(row),
        status = o.status(row);
      element.setAttribute('aria-level', o.depth[row] + 1);
      element.setAttribute('aria-label', ph.describe(o, row));
      parts.use.setAttribute('href', ph.iconHref(kind));
      parts.name.textContent = ph.visible(o.name(row).slice(0, 300)) || '(no name)';
      parts.statusUse.setAttribute('href', ph.iconHref(ph.STATUS_ICON[status] || 'custom'));
      const attempts = o.attemptsOf(row);
      parts.badge.textContent = attempts > 1 ? o.attempt[row] + '/' + attempts : '';
      parts.note.textContent = ph.visible(ph.rowNote(o, row));
      parts.kids.textContent = o.kids[row] || '';
      const tokens = o.tokensIn[row] + (o.tokensOut[row] || 0);
      parts.tokens.textContent = Number.isNaN(tokens) ? '' : ph.count(tokens);
      parts.cost.textContent = Number.isNaN(o.usd[row])
        ? o.billed.has(row)
          ? 'unknown'
          : ''
        : ph.usd(o.usd[row]);
      parts.dur.textContent = ph.durationOf(o, row);
    }

    classesOf(row) {
      const { x } = this,
        o = x.outline,
        status = o.status(row);
      let classes = 'rx-row ' + ph.kindClass(o.kind(row)) + ' is-' + status;
      if (o.kids[row]) classes += x.rows.collapsed[row] ? ' has-kids closed' : ' has-kids';
      if (ph.CONTAINERS.has(o.kind(row)) && o.kids[row]) classes += ' container';
      if (row === x.selected) classes += ' selected';
      if (o.failedIn[row] && status !== 'error' && x.rows.collapsed[row])
        classes += ' fails-inside';
      if (x.found) classes += x.found.match[row] ? ' match' : ' dim';
      if (x.critical) classes += x.critical[row] ? ' critical' : ' dim';
      if (x.flags.replay && x.selected >= 0 && o.place[row] > o.place[x.selected])
        classes += ' future';
      if (Number.isNaN(o.dur[row]) && status !== 'running' && status !== 'lost')
        classes += ' no-end';
      return classes;
    }

    barStyle(row) {
      const { x } = this,
        o = x.outline,
        width = x.zoom[1] - x.zoom[0];
      const from = (x.scale.at(o.start[row]) - x.zoom[0]) / width,
        to = (x.scale.at(o.end[row]) - x.zoom[0]) / width;
      if (to < 0 || from > 1) return 'display:none';
      const left = Math.max(-4, from * this.timeWidth),
        right = Math.min(this.timeWidth + 4, to * this.timeWidth);
      return `left:${left.toFixed(1)}px;width:${Math.max(2, right - left).toFixed(1)}px`;
    }

    drawAxis() {
      const { zoom, scale } = this.x;
      const key = [zoom, this.width, scale.gaps.length, scale.total, this.generation].join();
      if (key === this.axisKey) return;
      this.axisKey = key;
      const { step, marks } = scale.marks(
        zoom[0],
        zoom[1],
        Math.max(2, this.timeWidth / MARK_WIDTH),
      );
      const toX = (share) => ((share - zoom[0]) / (zoom[1] - zoom[0])) * this.timeWidth;
      const labels = [],
        lines = [];
      let free = -Infinity;
      for (const mark of marks) {
        const px = toX(scale.at(mark));
        if (px < free || px > this.timeWidth - 36) continue;
        const text = ph.axisTime(mark, step);
        free = px + text.length * 6.6 + 14;
        labels.push(h('span', { style: `left:${px.toFixed(1)}px` }, text));
        lines.push(h('i', { style: `left:${(this.left + px).toFixed(1)}px` }));
      }
      for (const [from, to] of scale.gaps.slice(0, GRID_MAX)) {
        const a = Math.max(0, toX(scale.at(from))),
          b = Math.min(this.timeWidth, toX(scale.at(to)));
        if (b <= 0 || a >= this.timeWidth) continue;
        const said = ph.duration(to - from) + ' idle, compressed';
        lines.push(
          h('b', {
            style: `left:${(this.left + a).toFixed(1)}px;width:${Math.max(3, b - a).toFixed(1)}px`,
            title: said,
          }),
        );
      }
      this.axis.replaceChildren(...labels);
      this.grid.replaceChildren(...lines.slice(0, GRID_MAX));
    }

    /** The playhead: a line at the start of the step it stands on. */
    drawLine() {
      const { x } = this;
      const share =
        x.selected < 0
          ? -1
          : (x.scale.at(x.outline.start[x.selected]) - x.zoom[0]) / (x.zoom[1] - x.zoom[0]);
      const style =
        share < 0 || share > 1
          ? 'display:none'
          : `left:${(this.left + share * this.timeWidth).toFixed(1)}px`;
      if (style !== this.lineStyle) {
        this.lineStyle = style;
        this.line.style.cssText = style;
      }
    }

    /** Bring a line into view; `centre` where it is far away. */
    show(line) {
      this.measure();
      const top = line * ROW,
        view = this.scroll.scrollTop;
      if (top >= view + ROW && top + 2 * ROW <= view + this.height) return;
      const near = Math.abs(top - view) < this.height * 1.4;
      const wanted = near
        ? top < view + ROW
          ? top - 2 * ROW
          : top + 3 * ROW - this.height
        : top - this.height / 2;
      if (this.lines !== this.x.rows.count)
        this.spacer.style.height = this.x.rows.count * ROW + 'px';
      this.scroll.scrollTop = Math.max(0, wanted);
    }

    /** The row at a point of the page, -1 outside. */
    rowAt(clientY) {
      const line = Math.floor(
        (clientY - this.scroll.getBoundingClientRect().top + this.scroll.scrollTop) / ROW,
      );
      return line >= 0 && line < this.x.rows.count ? this.x.rows.shown[line] : -1;
    }

    /** Share of the axis at a point of the page. */
    shareAt(clientX) {
      const at = (clientX - this.scroll.getBoundingClientRect().left - this.left) / this.timeWidth;
      return this.x.zoom[0] + Math.min(1, Math.max(0, at)) * (this.x.zoom[1] - this.x.zoom[0]);
    }
  };
})();
