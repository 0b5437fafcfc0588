/* Keyboard and pointer. What the keys do is told in component/explorer.py, for the help under "?". */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const CHORD_MS = 1000; // the shell's "g r" and friends: the second key is not ours

  const KEYS = {
    ArrowLeft: (x, e) => (e.shiftKey ? x.fold(true) : x.step(-1)),
    ArrowRight: (x, e) => (e.shiftKey ? x.fold(false) : x.step(1)),
    ',': (x) => x.step(-1),
    '.': (x) => x.step(1),
    ' ': (x) => x.playhead.toggle(),
    ArrowUp: (x) => x.moveLine(-1),
    ArrowDown: (x) => x.moveLine(1),
    k: (x) => x.moveLine(-1),
    j: (x) => x.moveLine(1),
    PageUp: (x) => x.moveLine(-20),
    PageDown: (x) => x.moveLine(20),
    Enter: (x) => x.fold(null),
    Home: (x) => x.goTo(0),
    End: (x) => x.goTo(x.outline.n - 1),
    e: (x) => x.nextError(1),
    E: (x) => x.nextError(-1),
    n: (x) => x.nextMatch(1),
    N: (x) => x.nextMatch(-1),
    m: (x) => x.toggle('only'),
    '/': (x) => x.toolbar.input.select(),
    '[': (x) => x.collapseAll(),
    ']': (x) => x.expandAll(),
    f: (x) => x.toggle('follow'),
    c: (x) => x.toggle('compress'),
    x: (x) => x.toggle('critical'),
    w: (x) => x.zoomAround(0.5, 0.7),
    s: (x) => x.zoomAround(0.5, 1 / 0.7),
    a: (x) => x.pan(-0.15),
    d: (x) => x.pan(0.15),
    0: (x) => x.zoomTo(0, 1),
    Escape: (x) => x.escape(),
  };
  const OF_BUTTONS = new Set([' ', 'Enter']);

  ph.Input = class Input {
    constructor(explorer) {
      this.x = explorer;
      this.keydown = (event) => this.key(event);
      document.addEventListener('keydown', this.keydown);
      const { scroll } = explorer.waterfall;
      scroll.addEventListener('pointerdown', (event) => this.press(event));
      scroll.addEventListener('dblclick', (event) => this.zoomToRow(event));
      scroll.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
      explorer.waterfall.axis.parentNode.addEventListener('wheel', (event) => this.wheel(event), {
        passive: false,
      });
    }

    key(event) {
      const { x } = this,
        target = event.target;
      if (
        event.defaultPrevented ||
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        !x.outline ||
        !x.outline.n
      )
        return;
      if (target.closest('input, textarea, select, [contenteditable], dialog, [role=dialog]'))
        return;
      if (event.key === 'g') {
        this.chord = performance.now();
        return;
      }
      if (performance.now() - (this.chord || -CHORD_MS) < CHORD_MS) {
        this.chord = 0;
        return;
      }
      if (
        OF_BUTTONS.has(event.key) &&
        target.closest('button, a, summary, [role=tab], [role=separator]')
      )
        return;
      if (target.closest('[role=tablist], [role=separator]') && event.key.startsWith('Arrow'))
        return;
      const away = target !== document.body && !x.element.contains(target);
      if (
        away &&
        (OF_BUTTONS.has(event.key) ||
          event.key.startsWith('Arrow') ||
          /^(Home|End|Page)/.test(event.key))
      )
        return;
      if (target.closest('.rx-insp-body') && /^(Arrow(Up|Down)|Page|Home|End)/.test(event.key))
        return; // it scrolls
      const act = Object.hasOwn(KEYS, event.key) && KEYS[event.key];
      if (!act) return;
      event.preventDefault();
      act(x, event);
    }

    press(event) {
      if (event.button !== 0) return;
      const row = this.x.waterfall.rowAt(event.clientY);
      if (row < 0) return;
      if (event.target.closest('.rx-twist') && this.x.outline.kids[row]) {
        event.preventDefault();
        this.x.foldRow(row);
        return;
      }
      this.x.select(row);
    }

    /** Double-click: the time axis shows this row. */
    zoomToRow(event) {
      const row = this.x.waterfall.rowAt(event.clientY),
        o = this.x.outline;
      if (row < 0 || event.target.closest('.rx-twist')) return;
      const from = this.x.scale.at(o.start[row]),
        to = this.x.scale.at(o.end[row]),
        edge = Math.max((to - from) * 0.04, 1e-5);
      this.x.zoomTo(from - edge, to + edge);
    }

    wheel(event) {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this.x.zoomAt(this.x.waterfall.shareAt(event.clientX), Math.pow(1.0016, event.deltaY));
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        this.x.pan((event.deltaX || event.deltaY) / 700);
      }
    }

    close() {
      document.removeEventListener('keydown', this.keydown);
    }
  };

  /** A bar between waterfall and inspector: drag or arrow keys; remembered on this machine. */
  ph.splitter = function splitter(explorer) {
    const MIN = 300,
      MAX = 900,
      KEY = 'playhead.inspector.width';
    const element = ph.h('div', {
      class: 'rx-split',
      role: 'separator',
      tabindex: '0',
      'aria-orientation': 'vertical',
      'aria-label': 'Width of the inspector',
      'aria-valuemin': MIN,
      'aria-valuemax': MAX,
    });
    let width = 0;
    const set = (px) => {
      width = Math.round(Math.min(MAX, Math.max(MIN, px)));
      element.setAttribute('aria-valuenow', width);
      explorer.element.style.setProperty('--insp', width + 'px');
      explorer.schedule('all');
    };
    const keep = () => {
      try {
        localStorage.setItem(KEY, width);
      } catch {
        /* storage is off: only this page */
      }
    };
    let stored = null;
    try {
      stored = localStorage.getItem(KEY);
    } catch {
      /* storage is off */
    }
    set(Number(stored) || 440);
    element.addEventListener('pointerdown', (event) => {
      const right = explorer.element.getBoundingClientRect().right;
      const move = (e) => set(right - e.clientX);
      element.setPointerCapture(event.pointerId);
      element.addEventListener('pointermove', move);
      element.addEventListener(
        'pointerup',
        () => {
          element.removeEventListener('pointermove', move);
          keep();
        },
        { once: true },
      );
    });
    element.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
      if (by) {
        event.preventDefault();
        set(width + by);
        keep();
      }
    });
    return element;
  };
})();
