/* What comes from the server: the outline, single steps (kept, fetched ahead) and the live stream. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const KEPT_STEPS = 500; // inspector bodies; a person comes back to the last few
  const QUIET_MS = 200; // live: wait for a burst of changes to end
  const RETRY_MS = 4000;
  const RECENT_MS = 120000; // a run that ended this long ago may still receive late steps

  ph.Store = class Store {
    constructor(api, runId) {
      this.api = api;
      this.runId = runId;
      this.steps = new Map(); // step id -> promise of StepDetail, oldest use first
      this.aborter = new AbortController();
    }

    async outline() {
      return JSON.parse(await this.get('/runs/' + encodeURIComponent(this.runId) + '/outline'));
    }

    /** The step with its content; asked once, forgotten when it fails. */
    step(id) {
      let wanted = this.steps.get(id);
      this.steps.delete(id);
      if (!wanted) {
        wanted = this.get('/steps/' + encodeURIComponent(id)).then((text) => {
          const detail = ph.parseExact(text);
          this.ready.set(id, detail);
          return detail;
        });
        wanted.catch(() => this.forget(id));
      }
      this.steps.set(id, wanted);
      while (this.steps.size > KEPT_STEPS) this.forget(this.steps.keys().next().value);
      return wanted;
    }

    ready = new Map(); // step id -> StepDetail, of those that arrived

    forget(id) {
      this.steps.delete(id);
      this.ready.delete(id);
    }

    async get(path) {
      const answer = await fetch(this.api + path, {
        signal: this.aborter.signal,
        headers: { accept: 'application/json' },
      });
      if (!answer.ok) throw await refusal(answer);
      return answer.text();
    }

    close() {
      this.aborter.abort();
    }
  };

  async function refusal(answer) {
    const body = await answer.json().catch(() => ({})); // a proxy may answer in HTML
    const error = new Error(
      (body.error && body.error.message) || `the server answered ${answer.status}`,
    );
    error.status = answer.status;
    return error;
  }

  /** Follows a run while it changes. Calls `onChange` (debounced) and `onState('live'|'stale'|'off')`. */
  ph.Live = class Live {
    constructor(url, onChange, onState) {
      Object.assign(this, { url, onChange, onState });
      this.visible = () => (document.hidden ? this.pause() : this.resume());
      document.addEventListener('visibilitychange', this.visible);
    }

    /** Open for a run that may still change; close for one that is long over. */
    follow({ run, version }) {
      this.version = version;
      const open = ['running', 'paused', 'lost'].includes(run.status);
      const ended = (run.end_ns || run.start_ns + (run.duration_ns || 0)) / 1e6;
      this.wanted = open || Date.now() - ended < RECENT_MS;
      this.running = run.status === 'running';
      if (this.wanted) this.resume();
      else this.pause();
      if (!this.wanted) this.onState('off');
    }

    resume() {
      if (!this.wanted || this.source || document.hidden) return;
      if (this.wasPaused) this.changed();
      this.wasPaused = false;
      const source = (this.source = new EventSource(this.url));
      source.onopen = () => {
        clearTimeout(this.retry);
        this.onState(this.running ? 'live' : 'off');
      };
      source.addEventListener('changed', (event) => this.told(JSON.parse(event.data).version));
      source.onerror = () => this.failed();
    }

    pause() {
      this.wasPaused = this.wasPaused || Boolean(this.source);
      clearTimeout(this.retry);
      if (this.source) this.source.close();
      this.source = null;
    }

    /** The stream broke: say so, ask for the outline now and then, and try the stream again. */
    failed() {
      if (this.running) this.onState('stale');
      if (this.source && this.source.readyState === EventSource.CLOSED) this.source = null;
      clearTimeout(this.retry);
      this.retry = setTimeout(() => {
        this.changed();
        if (!this.source) this.resume();
        else this.failed();
      }, RETRY_MS);
    }

    /** The stream begins with the version that is, and goes on with those that come. */
    told(version) {
      if (version !== this.version) this.changed();
    }

    changed() {
      clearTimeout(this.debounce);
      const waited = performance.now() - (this.first || (this.first = performance.now()));
      this.debounce = setTimeout(
        () => {
          this.first = 0;
          this.onChange();
        },
        waited > 1000 ? 0 : QUIET_MS,
      );
    }

    close() {
      document.removeEventListener('visibilitychange', this.visible);
      clearTimeout(this.debounce);
      this.wanted = false;
      this.pause();
    }
  };
})();
