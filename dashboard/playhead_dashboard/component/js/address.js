/* The state of the page in its address: ?step=&q=&view=&tab=&closed= . */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const QUIET_MS = 250; // browsers refuse more than about 200 changes of the address in 30 seconds
  const FLAGS = ['follow', 'compress', 'critical', 'only', 'replay'];

  /** `view` holds words: flags that are on, `-follow` for one that is off against its default, `z12.5-40`. */
  ph.readAddress = function readAddress() {
    const query = new URLSearchParams(location.search);
    const state = {
      step: query.get('step'),
      q: query.get('q') || '',
      tab: query.get('tab'),
      closed: query.get('closed'),
      flags: {},
      zoom: null,
    };
    for (const word of (query.get('view') || '').split(/[ ,]+/)) {
      const zoom = /^z([\d.]+)-([\d.]+)$/.exec(word);
      if (zoom) state.zoom = [Number(zoom[1]) / 100, Number(zoom[2]) / 100];
      else if (FLAGS.includes(word)) state.flags[word] = true;
      else if (FLAGS.includes(word.slice(1)) && word[0] === '-') state.flags[word.slice(1)] = false;
    }
    if (state.zoom && !(state.zoom[1] > state.zoom[0] && state.zoom[1] <= 1)) state.zoom = null;
    return state;
  };

  ph.Address = class Address {
    write(state) {
      this.pending = state;
      if (!this.timer) this.timer = setTimeout(() => this.flush(), QUIET_MS);
    }

    flush() {
      clearTimeout(this.timer);
      this.timer = 0;
      if (!this.pending) return;
      const url = addressOf(this.pending);
      this.pending = null;
      if (url !== location.pathname + location.search + location.hash)
        history.replaceState(history.state, '', url);
    }

    close() {
      clearTimeout(this.timer);
      this.pending = null;
    }
  };

  function addressOf(state) {
    const query = new URLSearchParams(location.search);
    set(query, 'step', state.step);
    set(query, 'q', state.q);
    set(query, 'view', state.view.join(' '));
    set(query, 'tab', state.tab);
    set(query, 'closed', state.closed);
    const text = query.toString();
    return location.pathname + (text ? '?' + text : '') + location.hash;
  }

  function set(query, key, value) {
    if (value) query.set(key, value);
    else query.delete(key);
  }
})();
