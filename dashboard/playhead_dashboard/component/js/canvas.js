/* The two strips where the whole run is seen at once: minimap (time) and scrubber (steps). */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h } = ph;
  const LANES = 8; // depths drawn apart in the minimap; deeper ones share the last
  const TICKS_APART = 4; // px; closer steps are drawn as columns
  const EDGE = 7; // px around an edge of the window that grab it

  /** A canvas that keeps its picture until told otherwise, and draws the moving parts over it. */
  class Strip {
    constructor(explorer, cls) {
      this.x = explorer;
      this.canvas = h('canvas', { 'aria-hidden': 'true' });
      this.element = h('div', { class: cls }, this.canvas);
      this.still = document.createElement('canvas');
    }

    /** The picture must be made again: data, size, theme or matches changed. */
    reset() {
      this.key = null;
    }

    draw() {
      const width = this.element.clientWidth,
        height = this.element.clientHeight,
        ratio = window.devicePixelRatio || 1;
      if (!width || !height || !this.x.outline || !this.x.outline.n) return;
      const key = width + 'x' + height + '@' + ratio;
      if (key !== this.key) {
        this.key = key;
        this.colours = new Map();
        for (const canvas of [this.canvas, this.still]) {
          canvas.width = Math.round(width * ratio);
          canvas.height = Math.round(height * ratio);
        }
        this.canvas.style.cssText = `width:${width}px;height:${height}px`;
        this.paintStill(context(this.still, ratio), width, height);
      }
      const pen = context(this.canvas, ratio);
      pen.clearRect(0, 0, width, height);
      pen.drawImage(this.still, 0, 0, width, height);
      this.paintMoving(pen, width, height);
    }

    colour(name) {
      if (!this.colours.has(name)) {
        this.colours.set(
          name,
          getComputedStyle(this.x.element).getPropertyValue(name).trim() || '#888',
        );
      }
      return this.colours.get(name);
    }

    kindColour(row) {
      const name = '--ph-kind-' + this.x.outline.kind(row);
      if (!this.colours.has(name)) {
        const own = getComputedStyle(this.x.element).getPropertyValue(name).trim();
        this.colours.set(name, own || this.colour('--ph-kind-custom'));
      }
      return this.colours.get(name);
    }
  }

  function context(canvas, ratio) {
    const pen = canvas.getContext('2d');
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    return pen;
  }

  ph.Minimap = class Minimap extends Strip {
    constructor(explorer) {
      super(explorer, 'rx-mini');
      this.element.title = 'Drag to zoom into a time; double-click to see all';
      this.element.addEventListener('pointerdown', (event) => this.grab(event));
      this.element.addEventListener('dblclick', () => this.x.zoomTo(0, 1));
    }

    paintStill(pen, width, height) {
      const { outline: o, scale, found } = this.x;
      const single = o.n > 1 && o.last[0] === o.n - 1 ? 1 : 0; // a root that spans everything says nothing
      const lanes = Math.max(1, Math.min(LANES, o.maxDepth + 1 - single));
      const laneHeight = Math.min(9, (height - 14) / lanes),
        top = 8 + (height - 14 - lanes * laneHeight) / 2;
      for (let i = single; i < o.n; i++) {
        const lane = Math.min(lanes - 1, o.depth[i] - single),
          x = scale.at(o.start[i]) * width;
        pen.globalAlpha = found && !found.match[i] ? 0.15 : o.kids[i] ? 0.4 : 0.95;
        pen.fillStyle = o.status(i) === 'error' ? this.colour('--ph-error') : this.kindColour(i);
        pen.fillRect(
          x,
          top + lane * laneHeight,
          Math.max(1.2, scale.at(o.end[i]) * width - x),
          Math.max(1, laneHeight - 1),
        );
      }
      pen.globalAlpha = 1;
      pen.fillStyle = this.colour('--ph-error');
      for (const row of o.errors) pen.fillRect(scale.at(o.start[row]) * width - 1, 0, 3, 5);
      if (found) {
        pen.fillStyle = this.colour('--ph-warn');
        for (let i = 0; i < o.n; i++)
          if (found.match[i]) pen.fillRect(scale.at(o.start[i]) * width - 1, height - 4, 3, 4);
      }
      pen.fillStyle = this.colour('--ph-surface-2');
      for (const [from, to] of scale.gaps) {
        const a = scale.at(from) * width;
        pen.fillRect(a, 6, Math.max(2, scale.at(to) * width - a), height - 12);
      }
    }

    paintMoving(pen, width, height) {
      const { zoom, outline: o, selected, scale } = this.x;
      if (zoom[1] - zoom[0] < 0.999) {
        const a = zoom[0] * width,
          b = zoom[1] * width;
        pen.fillStyle = this.colour('--ph-surface');
        pen.globalAlpha = 0.55;
        pen.fillRect(0, 0, a, height);
        pen.fillRect(b, 0, width - b, height);
        pen.globalAlpha = 1;
        pen.strokeStyle = this.colour('--ph-accent');
        pen.lineWidth = 1.5;
        pen.strokeRect(a + 0.75, 0.75, Math.max(2, b - a - 1.5), height - 1.5);
      }
      if (selected < 0) return;
      pen.fillStyle = this.colour('--ph-accent');
      pen.fillRect(scale.at(o.start[selected]) * width - 0.75, 0, 1.5, height);
    }

    /** Drag: a new window; inside the window: move it; at an edge: move that edge. */
    grab(event) {
      if (event.button !== 0 || !this.x.outline) return;
      const box = this.element.getBoundingClientRect(),
        [z0, z1] = this.x.zoom;
      const at = (e) => Math.min(1, Math.max(0, (e.clientX - box.left) / box.width));
      const from = at(event),
        near = EDGE / box.width,
        whole = z1 - z0 > 0.999;
      const mode =
        !whole && Math.abs(from - z0) < near
          ? 'left'
          : !whole && Math.abs(from - z1) < near
            ? 'right'
            : !whole && from > z0 && from < z1
              ? 'move'
              : 'new';
      const drag = (e) => {
        const to = at(e);
        if (Math.abs(to - from) * box.width < 3) return;
        if (mode === 'left') this.x.zoomTo(to, z1);
        else if (mode === 'right') this.x.zoomTo(z0, to);
        else if (mode === 'move') this.x.panTo(z0 + to - from);
        else this.x.zoomTo(Math.min(from, to), Math.max(from, to));
      };
      const drop = (e) => {
        this.element.removeEventListener('pointermove', drag);
        if (mode === 'new' && Math.abs(at(e) - from) * box.width < 3)
          this.x.goToTime(this.x.scale.time(from));
      };
      this.element.setPointerCapture(event.pointerId);
      this.element.addEventListener('pointermove', drag);
      this.element.addEventListener('pointerup', drop, { once: true });
    }
  };

  ph.Scrubber = class Scrubber extends Strip {
    constructor(explorer) {
      super(explorer, 'rx-scrub');
      const { element } = this;
      element.tabIndex = 0;
      element.setAttribute('role', 'slider');
      element.setAttribute('aria-valuenow', 1);
      element.setAttribute('aria-label', 'Replay position');
      element.addEventListener('pointerdown', (event) => this.grab(event));
    }

    position(k, width) {
      const n = this.x.outline.n;
      return n === 1 ? width / 2 : 8 + (k / (n - 1)) * (width - 16);
    }

    paintStill(pen, width, height) {
      const { outline: o } = this.x,
        apart = (width - 16) / Math.max(1, o.n - 1);
      const thick = Math.min(8, Math.max(1, apart * 0.55));
      pen.fillStyle = this.colour('--ph-border');
      pen.fillRect(4, height / 2 - 1, width - 8, 2);
      this.paintCost(pen, width, height);
      const errors = [];
      let drawnTo = -Infinity;
      for (let k = 0; k < o.n; k++) {
        const row = o.order[k],
          x = this.position(k, width);
        if (o.status(row) === 'error') {
          errors.push(x);
          continue;
        }
        if (apart < 1 && x < drawnTo + 1) continue; // denser than pixels
        drawnTo = x;
        const box = ph.CONTAINERS.has(o.kind(row)) && o.kids[row];
        const tall = (box ? 0.2 : 0.44) * height;
        pen.globalAlpha = apart < TICKS_APART ? 0.55 : box ? 0.7 : 1;
        pen.fillStyle = this.kindColour(row);
        tick(pen, x, height, thick, tall);
      }
      pen.globalAlpha = 1;
      pen.fillStyle = this.colour('--ph-error');
      for (const x of errors) tick(pen, x, height, Math.max(1.5, thick), 0.66 * height);
    }

    /** A quiet area: how the money ran up. */
    paintCost(pen, width, height) {
      const { outline: o } = this.x,
        most = o.sumUsd[o.n - 1];
      if (!(most > 0)) return;
      pen.fillStyle = this.colour('--ph-text-dim');
      pen.globalAlpha = 0.13;
      pen.beginPath();
      pen.moveTo(this.position(0, width), height);
      const stride = Math.max(1, Math.floor(o.n / width));
      for (let k = 0; k < o.n; k += stride) {
        pen.lineTo(this.position(k, width), height - (o.sumUsd[k] / most) * (height - 4));
      }
      pen.lineTo(this.position(o.n - 1, width), height - (height - 4));
      pen.lineTo(this.position(o.n - 1, width), height);
      pen.fill();
      pen.globalAlpha = 1;
    }

    paintMoving(pen, width, height) {
      const { outline: o, selected, flags } = this.x;
      if (selected < 0) return;
      const x = this.position(o.place[selected], width);
      if (flags.replay) {
        pen.fillStyle = this.colour('--ph-surface');
        pen.globalAlpha = 0.62;
        pen.fillRect(x + 5, 0, width - x, height);
        pen.globalAlpha = 1;
      }
      pen.fillStyle = this.colour('--ph-accent');
      pen.fillRect(x - 1, 1, 2, height - 2);
      pen.beginPath();
      pen.arc(x, height / 2, 5.5, 0, 7);
      pen.fill();
      pen.fillStyle = this.colour('--ph-surface');
      pen.beginPath();
      pen.arc(x, height / 2, 2, 0, 7);
      pen.fill();
    }

    grab(event) {
      if (event.button !== 0 || !this.x.outline || !this.x.outline.n) return;
      const box = this.element.getBoundingClientRect(),
        last = this.x.outline.n - 1;
      const go = (e) => {
        const share = (e.clientX - box.left - 8) / Math.max(1, box.width - 16);
        this.x.goTo(Math.round(Math.min(1, Math.max(0, share)) * last));
      };
      this.element.setPointerCapture(event.pointerId);
      this.element.addEventListener('pointermove', go);
      this.element.addEventListener(
        'pointerup',
        () => this.element.removeEventListener('pointermove', go),
        { once: true },
      );
      go(event);
    }
  };

  function tick(pen, x, height, thick, tall) {
    if (thick < 3) {
      pen.fillRect(x - thick / 2, (height - tall) / 2, thick, tall);
      return;
    }
    pen.beginPath();
    pen.roundRect(x - thick / 2, (height - tall) / 2, thick, tall, 1.5);
    pen.fill();
  }
})();
