/* A run as columns: what the tree, the bars and the playhead are computed from. No drawing here. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const CONTAINERS = new Set(['workflow', 'agent', 'node', 'custom']);
  const CHOSEN_KINDS = new Set(['node', 'tool_call', 'agent', 'handoff']);
  const FIRST_CHECKPOINT = 'checkpoint -1'; // LangGraph counts the state before the input as step -1
  ph.CONTAINERS = CONTAINERS;

  ph.Outline = class Outline {
    /** Takes the answer of `/api/runs/{id}/outline`; rows are in tree order. */
    constructor(json) {
      this.json = json;
      this.run = json.run;
      this.version = json.version;
      this.n = json.step_id.length;
      this.ids = json.step_id;
      this.details = json.details || {};
      this.graph = json.graph;
      this.columns(json);
      this.tree();
      this.times();
      this.sequence();
      this.attempts();
      this.checkpoints();
    }

    columns(json) {
      const floats = (values) => Float64Array.from(values, (v) => (v === null ? NaN : Number(v)));
      this.parent = Int32Array.from(json.parent);
      this.depth = Int32Array.from(json.depth);
      this.kindOf = Int32Array.from(json.kind);
      this.nameOf = Int32Array.from(json.name);
      this.statusOf = Int32Array.from(json.status);
      this.nodeOf = Int32Array.from(json.node);
      this.modelOf = Int32Array.from(json.model);
      this.start = floats(json.start_ns);
      this.dur = floats(json.duration_ns);
      this.attempt = floats(json.attempt);
      this.stepIndex = floats(json.step_index);
      this.tokensIn = floats(json.tokens_input);
      this.tokensOut = floats(json.tokens_output);
      this.usd = floats(json.cost_usd);
      this.http = floats(json.http_status);
      this.detached = new Set(json.detached);
      this.billed = new Set(json.billed); // calls that cost something, known or not
      this.names = json.name_names.map((name) =>
        name === FIRST_CHECKPOINT ? 'initial checkpoint' : name,
      );
    }

    kind(row) {
      return this.json.kind_names[this.kindOf[row]] || 'custom';
    }
    name(row) {
      return this.names[this.nameOf[row]] ?? '';
    }
    status(row) {
      return this.json.status_names[this.statusOf[row]] || 'ok';
    }
    model(row) {
      return this.json.model_names[this.modelOf[row]] ?? null;
    }
    node(row) {
      return this.json.node_names[this.nodeOf[row]] ?? null;
    }
    detail(row) {
      return this.details[row] || null;
    }

    rowOf(stepId) {
      if (!this.byId) this.byId = new Map(this.ids.map((id, row) => [id, row]));
      return this.byId.get(stepId) ?? -1;
    }

    /** `last`: last row of the subtree. `kids`: children. `failedIn`: an error at or below. */
    tree() {
      const { n, parent } = this;
      this.last = Int32Array.from({ length: n }, (_, i) => i);
      this.kids = new Int32Array(n);
      this.failedIn = new Uint8Array(n);
      this.errors = [];
      this.maxDepth = 0;
      const error = this.json.status_names.indexOf('error');
      for (let i = n - 1; i >= 0; i--) {
        const p = parent[i];
        if (this.depth[i] > this.maxDepth) this.maxDepth = this.depth[i];
        if (this.statusOf[i] === error) {
          this.failedIn[i] = 1;
          this.errors.push(i);
        }
        if (p < 0) continue;
        this.kids[p] += 1;
        if (this.last[i] > this.last[p]) this.last[p] = this.last[i];
        if (this.failedIn[i]) this.failedIn[p] = 1;
      }
      this.errors.reverse();
    }

    /** `end`: of a step without an end, the last sign of life of the run. `total`: length of the axis. */
    times() {
      const { n, start, dur } = this;
      let total = this.run.duration_ns || 0;
      for (let i = 0; i < n; i++) total = Math.max(total, start[i] + (dur[i] || 0));
      this.total = total || 1;
      this.end = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        const open = this.status(i) === 'running' || this.status(i) === 'lost';
        this.end[i] = Number.isNaN(dur[i]) ? (open ? this.total : start[i]) : start[i] + dur[i];
      }
    }

    /** The playhead's way: by start, then row; with the sums of money and tokens up to each place. */
    sequence() {
      const { n, start } = this;
      this.order = Int32Array.from({ length: n }, (_, i) => i).sort(
        (a, b) => start[a] - start[b] || a - b,
      );
      this.place = new Int32Array(n);
      this.sumUsd = new Float64Array(n);
      this.sumTokens = new Float64Array(n);
      this.sumUnknown = new Int32Array(n);
      let usd = 0,
        tokens = 0,
        unknown = 0;
      for (let k = 0; k < n; k++) {
        const row = this.order[k];
        this.place[row] = k;
        usd += this.usd[row] || 0;
        if (this.billed.has(row)) {
          tokens += (this.tokensIn[row] || 0) + (this.tokensOut[row] || 0);
          unknown += Number.isNaN(this.usd[row]) ? 1 : 0;
        }
        this.sumUsd[k] = usd;
        this.sumTokens[k] = tokens;
        this.sumUnknown[k] = unknown;
      }
      this.anyUsd = this.usd.some((v) => !Number.isNaN(v));
    }

    /** How many attempts a piece of work had: the highest among its siblings of the same name. */
    attempts() {
      const most = new Map();
      const key = (i) =>
        this.parent[i] + '/' + this.kindOf[i] + '/' + this.nameOf[i] + '/' + this.stepIndex[i];
      for (let i = 0; i < this.n; i++) {
        if (this.attempt[i] >= 1)
          most.set(key(i), Math.max(most.get(key(i)) || 0, this.attempt[i]));
      }
      // A first attempt that went well is one of several of the same name side by side, not a retried one.
      const retried = (i) =>
        this.attempt[i] > 1 || (this.attempt[i] === 1 && this.status(i) === 'error');
      this.attemptsOf = (i) => (retried(i) ? most.get(key(i)) : 0);
    }

    /** Checkpoints per workflow row (-1 for those outside), in the playhead's order. */
    checkpoints() {
      this.checkpointsOf = new Map();
      if (!this.json.kind_names.includes('checkpoint')) return;
      for (const row of this.order) {
        if (this.kind(row) !== 'checkpoint') continue;
        const owner = this.enclosing(row, 'workflow');
        if (!this.checkpointsOf.has(owner)) this.checkpointsOf.set(owner, []);
        this.checkpointsOf.get(owner).push(row);
      }
    }

    /** The nearest ancestor of a kind, -1 if there is none. */
    enclosing(row, kind) {
      let p = this.parent[row];
      while (p >= 0 && this.kind(p) !== kind) p = this.parent[p];
      return p;
    }

    /** The checkpoint that holds the state at a row: the latest one of the nearest workflow around it. */
    checkpointAt(row) {
      if (!this.checkpointsOf.size) return -1;
      const owners = [];
      if (this.kind(row) === 'workflow') owners.push(row);
      for (let p = this.parent[row]; p >= 0; p = this.parent[p])
        if (this.kind(p) === 'workflow') owners.push(p);
      owners.push(-1);
      for (const owner of owners) {
        const found = latest(this.checkpointsOf.get(owner) || [], this.place, this.place[row]);
        if (found >= 0) return found;
      }
      // A second activation of the run starts with the state that the first one left.
      const all = [...this.checkpointsOf.values()].flat().filter((r) => this.depth[r] <= 1);
      return latest(
        all.sort((a, b) => this.place[a] - this.place[b]),
        this.place,
        this.place[row],
      );
    }

    /** What each decision led to, and which decision led to a step: matched by name, in order. */
    linkDecisions() {
      this.effectsOf = new Map(); // decision row -> rows that it chose
      this.causeOf = new Map(); // row -> decision row
      const open = new Map(); // chosen name -> [decision row, how many are still to come]
      for (const row of this.order) {
        const chosen = (this.details[row] || {}).chosen;
        if (Array.isArray(chosen)) {
          for (const name of new Set(chosen))
            open.set(name, [row, chosen.filter((c) => c === name).length]);
          continue;
        }
        const kind = this.kind(row);
        if (!CHOSEN_KINDS.has(kind)) continue;
        const key = [this.name(row), kind === 'node' ? this.node(row) : null].find((name) =>
          open.has(name),
        );
        if (key === undefined) continue;
        const entry = open.get(key);
        this.causeOf.set(row, entry[0]);
        this.effectsOf.set(entry[0], [...(this.effectsOf.get(entry[0]) || []), row]);
        if (--entry[1] <= 0) open.delete(key);
      }
    }

    /** Rows that a decision led to; empty where none was recorded. */
    effects(row) {
      if (!this.effectsOf) this.linkDecisions();
      return this.effectsOf.get(row) || [];
    }

    /** The decision that chose a row, -1 if none was recorded. */
    cause(row) {
      if (!this.causeOf) this.linkDecisions();
      return this.causeOf.get(row) ?? -1;
    }

    /** The rows that made the run as long as it was: at each moment the step that ended last. */
    critical() {
      const children = this.childLists();
      const on = new Uint8Array(this.n);
      const stack = children.get(-1) ? [...children.get(-1)] : [];
      while (stack.length) {
        const row = stack.pop();
        on[row] = 1;
        let until = this.end[row];
        const kids = (children.get(row) || []).sort((a, b) => this.end[b] - this.end[a]);
        for (const kid of kids) {
          if (this.end[kid] > until + 1) continue;
          stack.push(kid);
          until = this.start[kid];
        }
      }
      return on;
    }

    childLists() {
      const children = new Map();
      for (let i = 0; i < this.n; i++) {
        if (!children.has(this.parent[i])) children.set(this.parent[i], []);
        children.get(this.parent[i]).push(i);
      }
      return children;
    }
  };

  function latest(rows, place, limit) {
    let low = 0,
      high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (place[rows[middle]] <= limit) low = middle + 1;
      else high = middle;
    }
    return low ? rows[low - 1] : -1;
  }
})();
