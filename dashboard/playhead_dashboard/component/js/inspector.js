/* The right side: one step with all that it said, the state at this moment, the graph. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h } = ph;
  const SETTLE_MS = 70; // a step passed faster than this is not asked for
  const AHEAD = [1, 2, -1]; // neighbours fetched ahead, in the playhead's order

  ph.Inspector = class Inspector {
    constructor(explorer) {
      this.x = explorer;
      this.tab = 'overview';
      this.head = h('header', { class: 'rx-insp-head' });
      this.tabs = h('div', {
        class: 'rx-tabs',
        role: 'tablist',
        'aria-label': 'Parts of the step',
      });
      this.tabs.addEventListener('keydown', (event) => this.tabKey(event));
      this.body = h('div', {
        class: 'rx-insp-body',
        tabindex: '0',
        role: 'tabpanel',
        id: explorer.uid + '-panel',
        'aria-label': 'Step',
      });
      this.dock = h('div', { class: 'rx-dock' });
      this.element = h(
        'aside',
        { class: 'rx-insp', 'aria-label': 'Inspector' },
        this.head,
        this.tabs,
        this.body,
        this.dock,
      );
    }

    /** The step changed under us (live): read it again, quietly. */
    reload() {
      this.shown = null;
      this.draw();
    }

    draw() {
      const { outline: o, selected: row, store } = this.x;
      clearTimeout(this.timer);
      this.drawDock();
      if (!o || row < 0) {
        this.drawNothing();
        return;
      }
      const id = o.ids[row],
        ready = store.ready.get(id);
      this.drawHead(row);
      if (ready) {
        this.drawStep(row, ready);
        this.fetchAhead(row);
        return;
      }
      this.drawTabs(row, null);
      this.skeleton(row);
      this.timer = setTimeout(
        () => this.fetch(row),
        this.x.playhead.playing || performance.now() - (this.asked || 0) < SETTLE_MS
          ? SETTLE_MS
          : 0,
      );
      this.asked = performance.now();
    }

    async fetch(row) {
      const { outline } = this.x;
      let detail = null,
        failed = null;
      try {
        detail = await this.x.store.step(outline.ids[row]);
      } catch (error) {
        failed = error;
      }
      if (this.x.destroyed || this.x.selected !== row || this.x.outline !== outline) return;
      if (failed) {
        this.drawError(row, failed);
        return;
      }
      this.drawStep(row, detail);
      this.fetchAhead(row);
    }

    fetchAhead(row) {
      const { outline: o, store } = this.x;
      for (const by of AHEAD) {
        const next = o.order[o.place[row] + by];
        if (next !== undefined) {
          store.step(o.ids[next]).catch(() => {}); // asked again, and shown, when selected
        }
      }
    }

    drawNothing() {
      this.head.replaceChildren();
      this.tabs.replaceChildren();
      this.tabs.hidden = true;
      this.body.setAttribute('aria-busy', 'false');
      const key = (name) => h('kbd', null, name);
      this.body.replaceChildren(
        h(
          'div',
          { class: 'rx-hint' },
          h('h2', null, 'Select a step, or play the run'),
          h(
            'p',
            null,
            'Click a row to see what it said. ',
            key('→'),
            ' steps through the recorded run, ',
            key('space'),
            ' plays it, ',
            key('e'),
            ' goes to the next error, ',
            key('?'),
            ' shows all keys.',
          ),
        ),
      );
    }

    drawHead(row) {
      const o = this.x.outline,
        status = o.status(row),
        attempts = o.attemptsOf(row);
      this.tabs.hidden = false;
      this.head.className = 'rx-insp-head ' + ph.kindClass(o.kind(row));
      ph.fill(
        this.head,
        ph.icon(o.kind(row), 'rx-kind'),
        h(
          'h2',
          { title: ph.visible(o.name(row).slice(0, 1000)), dir: 'auto' },
          ph.visible(o.name(row).slice(0, 300)) || '(no name)',
        ),
        attempts > 1
          ? h('span', { class: 'rx-badge' }, `attempt ${o.attempt[row]} of ${attempts}`)
          : null,
        h('span', { class: 'rx-grow' }),
        ph.statusPill(status),
      );
    }

    drawTabs(row, detail) {
      const wanted = ph.tabsOf(
        this.x.outline.kind(row),
        detail,
        this.x.outline.checkpointAt(row) >= 0,
      );
      const open = wanted.some(([id]) => id === this.tab) ? this.tab : 'overview';
      const key = wanted.map((t) => t.join()).join() + '|' + open;
      if (key === this.tabsKey && this.tabs.firstChild) return;
      this.tabsKey = key;
      this.tabs.replaceChildren(
        ...wanted.map(([id, label]) =>
          h(
            'button',
            {
              type: 'button',
              role: 'tab',
              id: `${this.x.uid}-tab-${id}`,
              'data-tab': id,
              'aria-selected': id === open,
              'aria-controls': this.body.id,
              tabindex: id === open ? '0' : '-1',
              onclick: () => this.openTab(id),
            },
            label,
          ),
        ),
      );
      this.body.setAttribute('aria-labelledby', `${this.x.uid}-tab-${open}`);
      this.open = open;
    }

    openTab(id) {
      this.tab = id;
      this.tabsKey = null;
      this.shown = null;
      this.draw();
      this.x.writeAddress();
    }

    tabKey(event) {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      const all = [...this.tabs.children],
        next =
          all[(all.findIndex((t) => t.dataset.tab === this.open) + by + all.length) % all.length];
      this.openTab(next.dataset.tab);
      this.tabs.querySelector(`[data-tab="${this.open}"]`).focus();
    }

    drawStep(row, detail) {
      this.drawTabs(row, detail);
      const key = detail.step.step_id + '|' + this.open;
      if (key === this.shown && this.shownDetail === detail) return;
      this.shown = key;
      this.shownDetail = detail;
      this.body.setAttribute('aria-busy', 'false');
      this.body.replaceChildren(
        ...ph
          .panel(this.open, { x: this.x, row, detail, openTab: (id) => this.openTab(id) })
          .flat()
          .filter(Boolean),
      );
      this.body.scrollTop = 0;
    }

    skeleton(row) {
      this.shown = null;
      this.body.setAttribute('aria-busy', 'true');
      this.body.replaceChildren(
        ph.factsOf(this.x.outline, row, null),
        h('div', { class: 'rx-skeleton' }),
        h('div', { class: 'rx-skeleton tall' }),
      );
      this.body.scrollTop = 0;
    }

    drawError(row, error) {
      this.body.setAttribute('aria-busy', 'false');
      this.body.replaceChildren(
        ph.factsOf(this.x.outline, row, null),
        h(
          'div',
          { class: 'rx-problem' },
          ph.icon('warning'),
          h(
            'p',
            null,
            'The content of this step could not be read: ' + ph.visible(error.message) + '.',
          ),
          h(
            'button',
            { type: 'button', class: 'rx-chip', onclick: () => this.draw() },
            'Try again',
          ),
        ),
      );
    }

    /** The graph stays in one place while the steps pass. */
    drawDock() {
      const { outline: o, selected } = this.x;
      if (!o) return;
      if (this.graphOf !== o) {
        this.graphOf = o;
        this.graph = ph.Graph.of(o);
      }
      this.dock.hidden = !this.graph;
      if (!this.graph) return;
      const scroll = this.dock.querySelector('.rx-graph-scroll'),
        left = scroll ? scroll.scrollLeft : 0;
      const frame = h(
        'div',
        { class: 'rx-graph-scroll', tabindex: '0', role: 'group', 'aria-label': 'Graph, scrolls' },
        this.graph.draw(selected, (row) => this.x.select(row)),
      );
      this.dock.replaceChildren(
        h(
          'h3',
          null,
          'Graph',
          h(
            'small',
            null,
            this.graph.edges.some((e) => !this.graph.taken.has(e.from + '>' + e.to))
              ? 'dashed: declared, never taken'
              : '',
          ),
        ),
        frame,
      );
      frame.scrollLeft = left;
      this.followGraph(frame);
    }

    /** Where the graph is wider than its place: the active node to the middle, a fade where it goes on. */
    followGraph(frame) {
      const active = this.graph.tooMany ? -1 : this.graph.activeAt(this.x.selected);
      if (active >= 0) {
        const box = this.graph.boxes[active],
          scale = frame.scrollWidth / this.graph.size.w;
        frame.scrollLeft = (box.x + box.w / 2) * scale - frame.clientWidth / 2;
      }
      const fade = () => {
        const more = frame.scrollWidth - frame.clientWidth - frame.scrollLeft;
        frame.classList.toggle('more-left', frame.scrollLeft > 2);
        frame.classList.toggle('more-right', more > 2);
      };
      frame.addEventListener('scroll', fade, { passive: true });
      fade();
    }
  };

  // --- states of the whole page -----------------------------------------------------------------

  ph.coverLoading = (cover) =>
    cover.replaceChildren(
      h(
        'div',
        { class: 'rx-loading', role: 'status', 'aria-label': 'Loading the run' },
        Array.from({ length: 12 }, (_, i) =>
          h('i', {
            class: 'rx-skeleton row',
            style: `width:${[38, 60, 46, 72, 54, 30][i % 6]}%;margin-left:${(i % 4) * 3}%`,
          }),
        ),
      ),
    );

  ph.coverError = function coverError(cover, error, retry) {
    const gone = error.status === 404;
    cover.replaceChildren(
      h(
        'div',
        { class: 'rx-problem whole', role: 'alert' },
        ph.icon('warning'),
        h('h2', null, gone ? 'This run is not in the store' : 'The run could not be read'),
        h(
          'p',
          null,
          gone
            ? 'The address may be cut off, or the run was removed by retention.'
            : ph.visible(error.message) + '.',
        ),
        h(
          'p',
          null,
          h('button', { type: 'button', class: 'rx-chip', onclick: retry }, 'Try again'),
        ),
      ),
    );
  };

  ph.coverEmpty = (cover, run) =>
    cover.replaceChildren(
      h(
        'div',
        { class: 'rx-problem whole', role: 'status' },
        ph.icon('workflow'),
        h('h2', null, 'No steps yet'),
        h(
          'p',
          null,
          run.status === 'running'
            ? 'The run has started; its first step will show up here by itself.'
            : 'Nothing was recorded in this run.',
        ),
      ),
    );
})();
