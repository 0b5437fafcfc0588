/* The Run page's component: holds the one state that all parts draw from, and loads the run. */
(function () {
  'use strict';
  const root = window.playhead_dashboard;
  const ph = root.parts;
  const { h } = ph;
  const PARTS = ['rows', 'strips', 'header', 'inspector'];
  let instances = 0;

  ph.Explorer = class Explorer {
    constructor(host, props) {
      this.props = props;
      this.uid = 'rx' + ++instances;
      this.selected = -1; // a row; the playhead stands on it
      this.zoom = [0, 1]; // shares of the time axis
      this.flags = { follow: false, compress: false, critical: false, only: false, replay: false };
      this.dirty = new Set();
      this.store = new ph.Store(props.apiBase || '/api', props.runId);
      this.address = new ph.Address();
      this.build(host);
      this.load();
    }

    build(host) {
      this.element = h(
        'section',
        { class: 'rx', 'aria-label': 'Run', 'data-ready': '0' },
        ph.sprite(),
      );
      this.header = new ph.Header(this);
      this.toolbar = new ph.Toolbar(this);
      this.minimap = new ph.Minimap(this);
      this.waterfall = new ph.Waterfall(this);
      this.inspector = new ph.Inspector(this);
      this.playhead = new ph.Playhead(this);
      this.said = h('div', { class: 'rx-said', 'aria-live': 'polite' });
      this.cover = h('div', { class: 'rx-cover' });
      this.split = ph.splitter(this);
      this.element.append(
        this.header.element,
        this.toolbar.element,
        this.minimap.element,
        h('div', { class: 'rx-main' }, this.waterfall.element, this.split, this.inspector.element),
        this.playhead.element,
        this.said,
        this.cover,
      );
      host.replaceChildren(this.element);
      this.element.addEventListener('click', (event) => this.afterClick(event));
      this.input = new ph.Input(this);
      this.sizes = new ResizeObserver(() => this.schedule('all'));
      this.sizes.observe(this.element);
      this.sizes.observe(this.waterfall.scroll);
      this.theme = new MutationObserver(() => {
        this.resetStrips();
        this.schedule('all');
      });
      this.theme.observe(document.documentElement, {
        attributes: true,
        attributeFilter: ['data-theme', 'class'],
      });
      this.popstate = () => this.outline && this.applyAddress();
      window.addEventListener('popstate', this.popstate);
      this.live = new ph.Live(
        `${this.store.api}/runs/${encodeURIComponent(this.props.runId)}/events`,
        () => this.refresh(),
        (state) => this.header.showLive(state),
      );
    }

    destroy() {
      for (const part of [this.input, this.live, this.store, this.address]) part.close();
      this.playhead.stop();
      this.sizes.disconnect();
      this.theme.disconnect();
      window.removeEventListener('popstate', this.popstate);
      cancelAnimationFrame(this.frame);
      this.element.remove();
      this.destroyed = true;
    }

    // --- loading ---

    async load() {
      ph.coverLoading(this.cover);
      try {
        this.adopt(new ph.Outline(await this.store.outline()));
      } catch (error) {
        if (!this.destroyed) ph.coverError(this.cover, error, () => this.load());
        return;
      }
      this.applyAddress();
      this.live.follow(this.outline);
      requestAnimationFrame(() =>
        setTimeout(() => {
          this.element.dataset.ready = '1';
          performance.mark('playhead:ready');
        }),
      );
    }

    /** The run changed: take the new outline, keep what the reader was doing. */
    async refresh() {
      if (this.refreshing) {
        this.again = true;
        return;
      }
      this.refreshing = true;
      try {
        const next = new ph.Outline(await this.store.outline());
        if (!this.destroyed && next.version !== this.outline.version) this.replace(next);
        this.live.follow(next);
      } catch (error) {
        if (!this.destroyed && this.outline) this.header.showLive('stale');
        if (!this.outline) throw error;
      } finally {
        this.refreshing = false;
        if (this.again) {
          this.again = false;
          this.refresh();
        }
      }
    }

    replace(next) {
      const before = this.outline,
        rows = this.rows,
        { scroll } = this.waterfall;
      const top = Math.floor(scroll.scrollTop / 26),
        anchor = rows.count ? before.ids[rows.shown[top]] : null;
      const offset = scroll.scrollTop - top * 26;
      const selectedId = before.ids[this.selected];
      const atEnd = this.selected >= 0 && before.place[this.selected] === before.n - 1;
      for (let i = 0; i < before.n; i++) {
        // what was still open, or changed, must be read again
        const now = next.rowOf(before.ids[i]);
        if (now < 0 || before.status(i) === 'running' || before.status(i) !== next.status(now))
          this.store.forget(before.ids[i]);
      }
      this.adopt(next, rows);
      this.selected = selectedId === undefined ? -1 : next.rowOf(selectedId);
      if (atEnd && this.flags.replay && this.playhead.playing)
        this.selected = next.order[next.n - 1];
      const line = anchor === null ? -1 : this.rows.nearestLine(next.rowOf(anchor));
      this.draw();
      if (line >= 0) scroll.scrollTop = line * 26 + offset;
      this.inspector.reload();
    }

    adopt(outline, earlierRows) {
      const first = !this.outline;
      this.outline = outline;
      this.rows = new ph.Rows(outline);
      if (earlierRows) this.rows.adopt(earlierRows);
      if (first) this.flags = { ...this.flags, ...(this.defaults = ph.defaultFlags(outline)) };
      this.scale = new ph.Scale(outline.total, this.flags.compress ? ph.idleGaps(outline) : []);
      this.critical = this.flags.critical ? outline.critical() : null;
      if (this.query) this.found = this.searched(this.query);
      this.relayout();
      this.waterfall.reset();
      this.resetStrips();
      this.element.classList.toggle('rx-none', outline.n === 0);
      if (outline.n) this.cover.replaceChildren();
      else ph.coverEmpty(this.cover, outline.run);
      this.schedule('all');
    }

    resetStrips() {
      this.minimap.reset();
      this.playhead.scrubber.reset();
    }

    // --- the address ---

    applyAddress() {
      const state = ph.readAddress();
      for (const [flag, on] of Object.entries(state.flags))
        if (this.flags[flag] !== on) this.toggle(flag);
      if (state.closed !== this.rows.closedWords()) {
        this.rows.closeWords(state.closed);
        this.relayout();
      }
      if (state.q !== (this.query || '')) {
        this.toolbar.input.value = state.q;
        this.find(state.q);
      }
      if (state.flags.only && !this.flags.only && this.found) this.toggle('only');
      this.inspector.tab = state.tab || 'overview';
      if (state.zoom) this.setZoom(...state.zoom);
      const row = state.step ? this.outline.rowOf(state.step) : -1;
      if (state.step && row < 0) this.say('The step in the address is not part of this run');
      if (row >= 0) this.select(row, { replay: state.flags.replay });
      else {
        this.inspector.draw();
        this.schedule('all');
      }
    }

    writeAddress() {
      const isDefault = (flag) => this.flags[flag] === Boolean(this.defaults[flag]);
      const view = Object.keys(this.flags)
        .filter((f) => !isDefault(f))
        .map((f) => (this.flags[f] ? f : '-' + f));
      if (!this.flags.follow && this.zoom[1] - this.zoom[0] < 0.9999) {
        view.push('z' + this.zoom.map((share) => Number((share * 100).toFixed(3))).join('-'));
      }
      const tab = this.inspector.tab === 'overview' ? null : this.inspector.tab;
      this.address.write({
        step: this.outline.ids[this.selected] || null,
        q: this.query || null,
        view,
        tab,
        closed: this.rows.closedWords(),
      });
    }

    // --- drawing ---

    /** Draw `rows` or `all` with the next frame. */
    schedule(what) {
      if (what === 'all') for (const part of PARTS) this.dirty.add(part);
      else this.dirty.add(what);
      if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
    }

    draw() {
      cancelAnimationFrame(this.frame);
      this.frame = 0;
      if (!this.outline || this.destroyed) return;
      const before = this.zoom.join();
      if (this.dirty.has('header')) {
        this.header.draw();
        this.toolbar.draw();
      }
      if (this.outline.n) {
        this.waterfall.draw();
        if (this.dirty.has('strips') || before !== this.zoom.join()) {
          this.minimap.draw();
          this.playhead.draw();
        }
      }
      this.dirty.clear();
    }

    relayout() {
      const only =
        this.flags.only && this.found && this.found.count
          ? ph.withAncestors(this.outline, this.found.match)
          : null;
      this.rows.layout(only);
    }

    say(words) {
      this.said.textContent = words;
    }

    /** A clicked button of toolbar or replay gives the keyboard back: space goes on playing. */
    afterClick(event) {
      if (event.detail && event.target.closest('.rx-replay button, .rx-toolbar .rx-chip'))
        this.focus();
    }

    focus() {
      this.waterfall.scroll.focus({ preventScroll: true });
    }
  };

  /** What Dash calls. React only gives the place; everything inside is drawn by the parts. */
  root.RunExplorer = function RunExplorer(props) {
    const React = window.React;
    const host = React.useRef(null);
    React.useEffect(() => {
      const explorer = new ph.Explorer(host.current, props);
      return () => explorer.destroy();
    }, [props.runId, props.apiBase]);
    return React.createElement('div', { id: props.id, ref: host, className: 'rx-host' });
  };
})();
