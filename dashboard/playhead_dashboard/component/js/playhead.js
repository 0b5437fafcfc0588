/* The bar at the bottom: step, play, scrub, speed, and what the run had cost up to here. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h } = ph;
  const SPEEDS = [1, 4, 16];
  // At 1× waits do not bore and bursts can be followed: a short run takes its time, a long one does not
  // take all day.
  const WAIT_MIN_MS = 120,
    WAIT_READ_MS = 450,
    WAIT_MAX_MS = 1400,
    SHOW_MS = 15_000; // what a run of few steps may take

  ph.Playhead = class Playhead {
    constructor(explorer) {
      this.x = explorer;
      this.speed = 1;
      this.scrubber = new ph.Scrubber(explorer);
      const back = ph.button(
        {
          class: 'rx-round',
          'aria-label': 'Step back',
          title: 'Step back (←)',
          onclick: () => explorer.step(-1),
        },
        'previous',
      );
      const next = ph.button(
        {
          class: 'rx-round',
          'aria-label': 'Step forward',
          title: 'Step forward (→)',
          onclick: () => explorer.step(1),
        },
        'next',
      );
      this.playButton = ph.button(
        { class: 'rx-round rx-play', title: 'Play or pause (space)', onclick: () => this.toggle() },
        'play',
      );
      this.speeds = SPEEDS.map((speed) =>
        ph.button(
          {
            'aria-pressed': speed === 1,
            'aria-label': speed + ' times speed',
            onclick: () => this.setSpeed(speed),
          },
          null,
          speed + '×',
        ),
      );
      this.place = h('span', { class: 'rx-place' });
      this.cost = h('b', { class: 'rx-sum-cost' });
      this.tokens = h('span', { class: 'rx-sum-tokens' });
      this.element = h(
        'div',
        { class: 'rx-replay', role: 'group', 'aria-label': 'Replay' },
        h('div', { class: 'rx-buttons' }, back, this.playButton, next),
        h('div', { class: 'rx-speed', role: 'group', 'aria-label': 'Speed' }, this.speeds),
        this.scrubber.element,
        h('div', { class: 'rx-sums' }, this.place, this.cost, this.tokens),
      );
      this.showPlaying();
    }

    draw() {
      const { outline: o, selected } = this.x;
      this.scrubber.draw();
      const k = selected < 0 ? -1 : o.place[selected];
      if (k === this.drawn && o === this.drawnOf) return;
      this.drawn = k;
      this.drawnOf = o;
      this.place.textContent = (k < 0 ? '–' : k + 1) + ' / ' + o.n;
      const unknown = k < 0 ? 0 : o.sumUnknown[k],
        usd = k < 0 ? 0 : o.sumUsd[k];
      this.cost.textContent = usd || o.anyUsd || !unknown ? ph.cost(usd, unknown) : 'cost unknown';
      this.cost.title =
        'Cost up to this step, it included' +
        (unknown ? '; ' + ph.plural(unknown, 'call') + ' of unknown price' : '');
      this.tokens.textContent = ph.count(k < 0 ? 0 : o.sumTokens[k]) + ' tok';
      const slider = this.scrubber.element;
      slider.setAttribute('aria-valuemin', 1);
      slider.setAttribute('aria-valuemax', Math.max(1, o.n));
      slider.setAttribute('aria-valuenow', Math.max(1, k + 1));
      slider.setAttribute(
        'aria-valuetext',
        k < 0
          ? 'not started'
          : `step ${k + 1} of ${o.n}, ${ph.visible(o.name(selected).slice(0, 80))}`,
      );
    }

    toggle() {
      if (this.playing) this.stop();
      else this.play();
    }

    play() {
      const { outline: o, selected } = this.x;
      if (!o || !o.n) return;
      if (selected < 0 || o.place[selected] === o.n - 1) this.x.goTo(0);
      this.playing = true;
      this.showPlaying();
      this.wait();
    }

    /** Wait as long as the run did, scaled and clamped, then step. */
    wait() {
      const { outline: o, selected } = this.x,
        k = o.place[selected];
      if (k >= o.n - 1) {
        this.stop();
        return;
      }
      const real = (o.start[o.order[k + 1]] - o.start[selected]) / 1e6;
      const least = Math.max(WAIT_MIN_MS, Math.min(WAIT_READ_MS, SHOW_MS / o.n));
      const ms = Math.min(WAIT_MAX_MS, Math.max(least, real)) / this.speed;
      this.timer = setTimeout(() => {
        this.x.step(1, true);
        this.wait();
      }, ms);
    }

    stop() {
      clearTimeout(this.timer);
      if (!this.playing) return;
      this.playing = false;
      this.showPlaying();
    }

    setSpeed(speed) {
      this.speed = speed;
      this.speeds.forEach((button, i) => button.setAttribute('aria-pressed', SPEEDS[i] === speed));
      if (this.playing) {
        clearTimeout(this.timer);
        this.wait();
      }
    }

    showPlaying() {
      this.playButton.setAttribute('aria-label', this.playing ? 'Pause' : 'Play');
      this.playButton.replaceChildren(ph.icon(this.playing ? 'pause' : 'play'));
    }
  };
})();
