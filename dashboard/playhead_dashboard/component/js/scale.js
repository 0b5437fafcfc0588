/* The time axis: nanoseconds to 0..1 and back, with idle time compressed on request, and its marks. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const GAP_SHARE = 0.02; // of the run: shorter pauses are part of the story
  const GAP_MIN_NS = 2e8;
  const GAP_WIDTH = 0.014; // of the busy time, so that a gap can still be seen and pointed at

  ph.Scale = class Scale {
    /** `gaps` are `[from, to]` in ns; empty unless idle time is compressed. */
    constructor(total, gaps) {
      this.total = total;
      this.gaps = gaps;
      const idle = gaps.reduce((sum, [a, b]) => sum + b - a, 0);
      const each = Math.max((total - idle) * GAP_WIDTH, 1e-6);
      this.xs = [0];
      this.ys = [0];
      let x = 0,
        y = 0;
      for (const [a, b] of gaps) {
        y += a - x;
        this.xs.push(a);
        this.ys.push(y);
        y += each;
        this.xs.push(b);
        this.ys.push(y);
        x = b;
      }
      y += total - x;
      this.xs.push(total);
      this.ys.push(y);
      this.ys = this.ys.map((v) => v / y);
    }

    /** Share of the axis at a time. */
    at(ns) {
      return between(this.xs, this.ys, ns);
    }

    /** Time at a share of the axis. */
    time(share) {
      return between(this.ys, this.xs, share);
    }

    /** Round times inside [from, to] (shares), about `wanted` of them, never inside a gap. */
    marks(from, to, wanted) {
      const parts = this.busy(this.time(from), this.time(to));
      const length = parts.reduce((sum, [a, b]) => sum + b - a, 0);
      const step = roundStep(length / Math.max(1, wanted));
      const marks = [];
      for (const [a, b] of parts) {
        for (let v = Math.ceil(a / step) * step; v <= b && marks.length < 200; v += step)
          marks.push(v);
      }
      return { step, marks };
    }

    busy(from, to) {
      const parts = [];
      let x = from;
      for (const [a, b] of this.gaps) {
        if (b <= from || a >= to) continue;
        if (a > x) parts.push([x, a]);
        x = Math.max(x, b);
      }
      if (x < to) parts.push([x, to]);
      return parts;
    }
  };

  function between(from, to, value) {
    let low = 0,
      high = from.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (from[middle] <= value) low = middle;
      else high = middle;
    }
    const width = from[high] - from[low];
    return width ? to[low] + ((value - from[low]) / width) * (to[high] - to[low]) : to[low];
  }

  const MIN = 6e10;
  const STEPS = [
    MIN,
    2 * MIN,
    5 * MIN,
    10 * MIN,
    15 * MIN,
    30 * MIN,
    60 * MIN,
    120 * MIN,
    360 * MIN,
    720 * MIN,
    1440 * MIN,
  ];

  function roundStep(raw) {
    if (!(raw > 0)) return 1;
    if (raw > 1e10 && raw <= MIN) return raw <= 1.5e10 ? 1.5e10 : raw <= 3e10 ? 3e10 : MIN;
    if (raw > MIN)
      return STEPS.find((step) => step >= raw) || Math.ceil(raw / (1440 * MIN)) * 1440 * MIN;
    const magnitude = Math.pow(10, Math.floor(Math.log10(raw)));
    return [1, 2, 5, 10].map((f) => f * magnitude).find((step) => step >= raw);
  }

  const FOLLOW_ABOVE = 400; // rows; a longer run cannot be read with the whole time on one axis
  const IDLE_SHARE = 0.6; // of the time; a run that waited longer is mostly empty without compression

  /** What is switched on when a run is opened, by its size and shape. */
  ph.defaultFlags = function defaultFlags(outline) {
    const idle = ph.idleGaps(outline).reduce((sum, [from, to]) => sum + to - from, 0);
    return { follow: outline.n > FOLLOW_ABOVE, compress: idle > outline.total * IDLE_SHARE };
  };

  /** Times in which nothing was at work but containers that waited; longest stretches only. */
  ph.idleGaps = function idleGaps(outline) {
    const spans = [];
    for (let i = 0; i < outline.n; i++) {
      if (!outline.kids[i] || !ph.CONTAINERS.has(outline.kind(i)))
        spans.push([outline.start[i], outline.end[i]]);
    }
    spans.sort((a, b) => a[0] - b[0]);
    const least = Math.max(outline.total * GAP_SHARE, GAP_MIN_NS);
    const gaps = [];
    let busyUntil = 0;
    for (const [from, to] of spans) {
      if (from - busyUntil > least) gaps.push([busyUntil, from]);
      busyUntil = Math.max(busyUntil, to);
    }
    if (outline.total - busyUntil > least) gaps.push([busyUntil, outline.total]);
    return gaps;
  };
})();
