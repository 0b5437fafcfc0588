/* The workflow's shape as it ran: visits, the node at the playhead, edges that were never taken. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h, s } = ph;
  const NODES_MAX = 60; // more cannot be read in this place
  const BOX_H = 26,
    GAP_X = 16,
    GAP_Y = 16,
    CHAR = 6.4,
    EDGE = 10,
    SMALLEST = 0.74; // of its size, before it scrolls: the names can still be read
  const START = /^_*start_*$/i,
    END = /^_*end_*$/i;

  ph.Graph = class Graph {
    /** Lay the declared graph out once; null when the run brought none. */
    static of(outline) {
      const declared = outline.graph;
      if (!declared || !Array.isArray(declared.nodes) || !declared.nodes.length) return null;
      return new Graph(outline, declared);
    }

    constructor(outline, declared) {
      this.outline = outline;
      this.names = [
        ...new Set(
          declared.nodes.map((node) =>
            String(node && typeof node === 'object' ? (node.name ?? node.id) : node),
          ),
        ),
      ];
      this.index = new Map(this.names.map((name, i) => [name, i]));
      const seen = new Set();
      this.edges = (declared.edges || [])
        .map(([from, to, conditional]) => ({
          from: this.index.get(String(from)),
          to: this.index.get(String(to)),
          conditional: Boolean(conditional),
        }))
        .filter(
          (e) =>
            e.from !== undefined &&
            e.to !== undefined &&
            !seen.has(e.from + '>' + e.to) &&
            seen.add(e.from + '>' + e.to),
        );
      this.tooMany = this.names.length > NODES_MAX;
      this.visits();
      if (!this.tooMany) {
        this.layers();
        this.places();
      }
    }

    /** Visits of the outermost workflow's nodes, in order; and the edges between them. */
    visits() {
      const { outline: o } = this;
      this.rows = []; // [place, node index, row]
      for (const row of o.order) {
        const at = o.kind(row) === 'node' ? this.index.get(o.node(row) ?? o.name(row)) : undefined;
        if (at === undefined || this.inner(row) || o.attempt[row] > 1) continue;
        this.rows.push([o.place[row], at, row]);
      }
      this.taken = new Map(); // "from>to" -> place of the first time
      const last = new Map(); // node index -> the superstep in which it ran last
      const start = this.names.findIndex((name) => START.test(name)),
        end = this.names.findIndex((name) => END.test(name));
      this.rows.forEach(([place, to, row], k) => {
        const step = Number.isNaN(o.stepIndex[row]) ? k : o.stepIndex[row];
        if (![...last.values()].some((earlier) => earlier < step) && start >= 0)
          this.take(start, to, place);
        const newest = Math.max(
          -Infinity,
          ...[...last.values()].filter((earlier) => earlier < step),
        );
        const before = [...last.keys()].filter((from) => last.get(from) === newest);
        const declared = before.filter((from) => this.has(from, to));
        for (const from of declared) this.take(from, to, place);
        if (!declared.length && before.length === 1) {
          // a goto that the graph did not declare
          this.edges.push({ from: before[0], to, undeclared: true });
          this.take(before[0], to, place);
        }
        last.set(to, step);
      });
      if (end < 0 || o.run.status !== 'completed' || !this.rows.length) return;
      const newest = Math.max(...last.values());
      for (const [from, earlier] of last) if (earlier === newest) this.take(from, end, o.n - 1);
    }

    has(from, to) {
      return this.edges.some((edge) => edge.from === from && edge.to === to);
    }

    inner(row) {
      const owner = this.outline.enclosing(row, 'workflow');
      return owner >= 0 && this.outline.enclosing(owner, 'workflow') >= 0;
    }

    take(from, to, place) {
      const key = from + '>' + to;
      if (!this.taken.has(key)) this.taken.set(key, []);
      this.taken.get(key).push(place);
    }

    /** Layer of a node: the longest way from a source, without edges that lead back. */
    layers() {
      const n = this.names.length,
        out = Array.from({ length: n }, () => []);
      this.edges.forEach((edge) => out[edge.from].push(edge));
      const state = new Uint8Array(n); // 1 on the way, 2 done
      const finished = [];
      const roots = [...Array(n).keys()].sort(
        (a, b) => Number(START.test(this.names[b])) - Number(START.test(this.names[a])),
      );
      for (const root of roots) {
        const stack = state[root] ? [] : [[root, 0]];
        if (stack.length) state[root] = 1;
        while (stack.length) {
          const top = stack[stack.length - 1],
            edge = out[top[0]][top[1]++];
          if (!edge) {
            state[top[0]] = 2;
            finished.push(top[0]);
            stack.pop();
          } else if (state[edge.to] === 1) edge.back = true;
          else if (!state[edge.to]) {
            state[edge.to] = 1;
            stack.push([edge.to, 0]);
          }
        }
      }
      this.layer = new Int32Array(n);
      for (const node of finished.reverse()) {
        for (const edge of out[node])
          if (!edge.back) this.layer[edge.to] = Math.max(this.layer[edge.to], this.layer[node] + 1);
      }
      const last = Math.max(...this.layer);
      this.names.forEach((name, i) => {
        if (END.test(name)) this.layer[i] = Math.max(last, this.layer[i]);
      });
    }

    /** Boxes in columns by layer; within one by the mean place of what leads there. */
    places() {
      const columns = [];
      this.names.forEach((_, i) => (columns[this.layer[i]] = columns[this.layer[i]] || []).push(i));
      const rank = new Float64Array(this.names.length);
      let x = 4;
      this.boxes = [];
      const tallest =
        Math.max(...columns.filter(Boolean).map((c) => c.length)) * (BOX_H + GAP_Y) - GAP_Y;
      for (const column of columns) {
        if (!column) continue;
        const mean = (i) => {
          const from = this.edges.filter((e) => e.to === i && !e.back);
          return from.length ? from.reduce((sum, e) => sum + rank[e.from], 0) / from.length : 0;
        };
        column
          .map((i) => [mean(i), i])
          .sort((a, b) => a[0] - b[0])
          .forEach(([, i], k) => {
            rank[i] = k - (column.length - 1) / 2;
          });
        const width = Math.max(...column.map((i) => this.width(i)));
        for (const i of column) {
          const own = this.width(i);
          this.boxes[i] = {
            x: x + (width - own) / 2,
            y: tallest / 2 + rank[i] * (BOX_H + GAP_Y) - BOX_H / 2,
            w: own,
          };
        }
        x += width + GAP_X;
      }
      this.size = { w: x - GAP_X + 4, h: tallest };
      this.arcs();
    }

    width(i) {
      return START.test(this.names[i]) || END.test(this.names[i])
        ? 24
        : Math.min(150, Math.max(40, this.names[i].length * CHAR + 14));
    }

    /** Edges as curves: forward ones straight through, back and far ones around, below or above. */
    arcs() {
      let above = 0,
        below = 0;
      for (const edge of this.edges) {
        const a = this.boxes[edge.from],
          b = this.boxes[edge.to],
          far = this.layer[edge.to] - this.layer[edge.from];
        if (edge.back || far > 1 || far <= 0) {
          const down = edge.back || far <= 0,
            room = Math.min(46, 14 + 7 * Math.abs(far));
          const x1 = a.x + a.w / 2,
            x2 = b.x + b.w / 2,
            y1 = a.y + (down ? BOX_H : 0),
            y2 = b.y + (down ? BOX_H : 0);
          const y = down ? Math.max(y1, y2) + room : Math.min(y1, y2) - room;
          if (down) below = Math.max(below, y - this.size.h);
          else above = Math.max(above, -y);
          edge.d =
            edge.from === edge.to
              ? `M${x1 - 9} ${y1}C${x1 - 16} ${y} ${x1 + 16} ${y} ${x1 + 9} ${y1 + 1}`
              : `M${x1} ${y1}C${x1} ${y} ${x2} ${y} ${x2} ${y2}`;
        } else {
          const x1 = a.x + a.w,
            y1 = a.y + BOX_H / 2,
            x2 = b.x,
            y2 = b.y + BOX_H / 2,
            middle = (x1 + x2) / 2;
          edge.d = `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2 - 1} ${y2}`;
        }
      }
      this.pad = { top: Math.max(EDGE, above * 0.8), bottom: Math.max(EDGE, below * 0.8) };
    }

    /** Draw with the playhead at a row: what had been visited by then. */
    draw(row, select) {
      if (this.tooMany)
        return h(
          'p',
          { class: 'rx-dim' },
          `${this.names.length} nodes: too many to be drawn here (at most ${NODES_MAX}).`,
        );
      const place = row < 0 ? this.outline.n : this.outline.place[row];
      const visits = new Array(this.names.length).fill(0),
        latest = [];
      for (const [at, node, nodeRow] of this.rows)
        if (at <= place) {
          visits[node] += 1;
          latest[node] = nodeRow;
        }
      const active = this.activeAt(row);
      const marker = s(
        'marker',
        {
          id: 'rx-arrow',
          viewBox: '0 0 8 8',
          refX: 6.5,
          refY: 4,
          markerWidth: 7,
          markerHeight: 7,
          orient: 'auto-start-reverse',
        },
        s('path', { d: 'M0 .8L7 4 0 7.2z' }),
      );
      const edges = this.edges.map((edge) => {
        const all = this.taken.get(edge.from + '>' + edge.to) || [],
          now = all.filter((at) => at <= place).length;
        const cls = 'rx-edge' + (all.length ? (now ? ' taken' : '') : ' never');
        return s(
          'path',
          { class: cls, d: edge.d, 'marker-end': 'url(#rx-arrow)' },
          s('title', null, this.edgeWords(edge, all.length)),
        );
      });
      const nodes = this.names.map((name, i) =>
        this.box(name, i, visits[i], active === i, latest[i], select),
      );
      const { w, h: height } = this.size,
        { top, bottom } = this.pad;
      const said = 'Graph' + (active >= 0 ? ', at ' + this.names[active] : '');
      const picture = s(
        'svg',
        {
          class: 'rx-graph',
          viewBox: `0 ${-top} ${w} ${height + top + bottom}`,
          style: `width:clamp(${Math.round(w * SMALLEST)}px,100%,${w}px)`,
          role: 'img',
          'aria-label': ph.visible(said),
        },
        s('defs', null, marker),
        edges,
        nodes,
      );
      return picture;
    }

    edgeWords(edge, times) {
      const kind = edge.conditional ? ' (conditional)' : edge.undeclared ? ' (not declared)' : '';
      const way = `${this.names[edge.from]} → ${this.names[edge.to]}`;
      return ph.visible(`${way}${kind}: ${times ? `taken ${times}×` : 'declared, never taken'}`);
    }

    box(name, i, visits, active, row, select) {
      const box = this.boxes[i],
        isEnd = END.test(name),
        isStart = START.test(name),
        fits = Math.floor((box.w - 8) / CHAR);
      const label = isStart
        ? '▸'
        : isEnd
          ? '■'
          : name.length > fits
            ? name.slice(0, fits - 1) + '…'
            : name;
      const group = s(
        'g',
        {
          class: 'rx-node' + (visits || isStart ? ' visited' : '') + (active ? ' active' : ''),
          transform: `translate(${box.x} ${box.y})`,
        },
        s('title', null, ph.visible(name) + (visits ? `: ${visits}×` : '')),
        s('rect', { width: box.w, height: BOX_H, rx: isStart || isEnd ? BOX_H / 2 : 6 }),
        s('text', { x: box.w / 2, y: BOX_H / 2 + 4 }, ph.visible(label)),
        visits > 1
          ? s(
              'g',
              { transform: `translate(${box.w - 4} 0)` },
              s('circle', { r: 8 }),
              s('text', { class: 'rx-visits', y: 3.4 }, visits),
            )
          : null,
      );
      if (row !== undefined) {
        group.addEventListener('click', () => select(row));
        group.classList.add('can-go');
      }
      return group;
    }

    activeAt(row) {
      const { outline: o } = this;
      for (let i = row; i >= 0; i = o.parent[i]) {
        const at =
          o.kind(i) === 'node' && !this.inner(i)
            ? this.index.get(o.node(i) ?? o.name(i))
            : undefined;
        if (at !== undefined) return at;
      }
      return -1;
    }
  };
})();
