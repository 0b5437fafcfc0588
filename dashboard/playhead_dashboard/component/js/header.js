/* Above the waterfall: the run in one line, what is wrong or missing with it, and the tools. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h } = ph;
  const RUN_ICON = {
    completed: 'ok',
    failed: 'error',
    running: 'running',
    paused: 'paused',
    cancelled: 'cancelled',
    lost: 'lost',
  };

  /** A status as icon and word; the colour only repeats it. */
  ph.statusPill = function statusPill(status) {
    const icon = RUN_ICON[status] || ph.STATUS_ICON[status] || 'ok';
    return h('span', { class: 'rx-pill is-' + status }, ph.icon(icon), status);
  };

  ph.Header = class Header {
    constructor(explorer) {
      this.x = explorer;
      this.strip = h('div', { class: 'rx-strip' });
      this.banners = h('div', { class: 'rx-banners' });
      this.live = h('span', { class: 'rx-live', role: 'status' });
      this.element = h('div', { class: 'rx-header' }, this.strip, this.banners);
    }

    draw() {
      const { run } = this.x.outline;
      const copy = ph.copyButton('Copy link', () => {
        this.x.address.flush();
        return location.href;
      });
      copy.prepend(ph.icon('link'));
      copy.querySelector('.rx-icon:nth-of-type(2)').remove();
      copy.title = 'Copy the address of exactly this view';
      this.strip.replaceChildren(
        ph.statusPill(run.status),
        h(
          'h1',
          { class: 'rx-run-name', title: run.run_id, dir: 'auto' },
          ph.visible(run.workflow || 'run without a name'),
        ),
        ...facts(run, (words) => this.x.lookFor(words)),
        h('span', { class: 'rx-grow' }),
        this.live,
        copy,
      );
      this.banners.replaceChildren(...this.bannersOf(run));
    }

    /** `live`, `stale` or `off`; a stale page says since when. */
    showLive(state) {
      if (state === this.liveState) return;
      this.liveState = state;
      this.live.className = 'rx-live is-' + state;
      const since = new Date().toLocaleTimeString('en-GB');
      this.live.textContent =
        state === 'live' ? 'Live' : state === 'stale' ? 'Stale since ' + since : '';
      this.live.title =
        state === 'stale' ? 'The live stream broke; asking again every few seconds' : '';
    }

    bannersOf(run) {
      const { outline: o } = this.x,
        banners = [];
      const add = (cls, icon, ...content) =>
        banners.push(
          h('div', { class: 'rx-banner ' + cls }, ph.icon(icon), h('span', null, ...content)),
        );
      if (run.error_type && run.status !== 'completed') {
        const where = run.error_step ? ' in ' + ph.visible(run.error_step) : '';
        add(
          'error',
          'error',
          h('b', null, ph.visible(run.error_type)),
          where + (run.error_message ? ': ' : ''),
          ph.visible((run.error_message || '').slice(0, 300)),
          this.jump(run.error_step_id),
        );
      }
      if (run.status === 'lost') {
        add(
          'warn',
          'warning',
          'The program stopped without an end. Its last sign of life was ' +
            ph.duration(run.duration_ns) +
            ' after the start.',
        );
      }
      if (run.status === 'paused') this.pausedBanner(add);
      if (run.dropped_attributes > 0) {
        add(
          'warn',
          'warning',
          `Incomplete: dropped by the sender's limits: ${ph.plural(run.dropped_attributes, 'attribute')}.`,
        );
      }
      if (o.detached.size) {
        add(
          'warn',
          'warning',
          `Without their parent, shown at the top level: ${ph.plural(o.detached.size, 'step')}.`,
          this.jump(o.ids[Math.min(...o.detached)]),
        );
      }
      return banners;
    }

    pausedBanner(add) {
      const o = this.x.outline;
      const asked = Object.keys(o.details)
        .map(Number)
        .filter((row) => o.details[row].question)
        .sort((a, b) => o.place[a] - o.place[b])
        .pop();
      const question = asked === undefined ? '' : o.details[asked].question;
      const words = typeof question === 'string' ? question : JSON.stringify(question);
      add(
        'ask',
        'interrupt',
        h('b', null, 'Waiting for a person'),
        words ? ': ' + ph.visible(words.slice(0, 300)) : '',
        asked === undefined ? null : this.jump(o.ids[asked]),
      );
    }

    jump(stepId) {
      const row = stepId ? this.x.outline.rowOf(stepId) : -1;
      return row < 0
        ? null
        : h(
            'button',
            { type: 'button', class: 'rx-go', onclick: () => this.x.select(row) },
            'Go to the step',
          );
    }
  };

  /** Numbers of the run; one that counts steps is a button that finds them (`words` of the search). */
  function facts(run, lookFor) {
    const tokens =
      run.tokens_input === null && run.tokens_output === null
        ? null
        : (run.tokens_input || 0) + (run.tokens_output || 0);
    const unknown = run.cost.calls_unknown;
    const cells = [
      [
        'duration',
        run.status === 'running'
          ? ph.duration(run.duration_ns) + ' so far'
          : ph.duration(run.duration_ns),
      ],
      [
        'cost',
        ph.cost(run.cost.usd, unknown) +
          (unknown && run.cost.usd !== null ? `, ${unknown} unknown` : ''),
        unknown ? `${ph.plural(unknown, 'model call')} without a known price` : '',
        '',
        unknown ? 'kind:model_call' : run.cost.usd > 0 ? 'cost>0' : '',
      ],
      [
        'model calls',
        ph.count(run.model_calls),
        run.models.join(', '),
        '',
        run.model_calls ? 'kind:model_call' : '',
      ],
      ['tool calls', ph.count(run.tool_calls), '', '', run.tool_calls ? 'kind:tool_call' : ''],
      [
        'tokens',
        run.model_calls || tokens !== null ? ph.count(tokens) : '–',
        tokensTitle(run),
        '',
        tokens ? 'tokens>0' : '',
      ],
      ['retries', ph.count(run.retries), 'attempts beyond the first, of nodes and of HTTP calls'],
      [
        'errors',
        ph.count(run.errors),
        'steps that failed, also where a retry healed it',
        run.errors ? 'bad' : '',
        run.errors ? 'status:error' : '',
      ],
      ['started', ph.clock(run.start_ns)],
      ['framework', run.framework || '–'],
    ];
    return cells.map(([label, value, title, cls, words]) =>
      h(
        words ? 'button' : 'span',
        {
          class: 'rx-fact ' + (cls || '') + ' fact-' + label.replace(' ', '-'),
          title: [title, words && 'Find these steps'].filter(Boolean).join(' · ') || null,
          type: words ? 'button' : null,
          onclick: words ? () => lookFor(words) : null,
        },
        h('b', null, value),
        h('i', null, label),
      ),
    );
  }

  function tokensTitle(run) {
    return [
      ['in', run.tokens_input],
      ['out', run.tokens_output],
      ['from cache', run.tokens_cache_read],
      ['reasoning', run.tokens_reasoning],
    ]
      .map(
        ([word, value]) => `${word}: ${value === null ? 'unknown' : value.toLocaleString('en-US')}`,
      )
      .join(' · ');
  }

  ph.Toolbar = class Toolbar {
    constructor(explorer) {
      this.x = explorer;
      this.input = h('input', {
        type: 'search',
        placeholder: 'Search steps, e.g. kind:tool_call',
        'aria-label': 'Search in this run',
        spellcheck: 'false',
        autocomplete: 'off',
        title: ph.QUERY_HELP,
        oninput: () => explorer.find(this.input.value),
        onkeydown: (event) => this.keydown(event),
      });
      this.found = h('span', { class: 'rx-found', 'aria-live': 'polite' });
      const errors = (this.errors = ph.button(
        { class: 'rx-chip', title: 'Next error (e)', onclick: () => explorer.nextError(1) },
        'error',
        'no errors',
      ));
      const flag = (name, icon, label, key) =>
        ph.button(
          {
            class: 'rx-chip',
            'data-flag': name,
            'aria-pressed': 'false',
            title: `${label} (${key})`,
            onclick: () => explorer.toggle(name),
          },
          icon,
          label,
        );
      this.flags = [
        flag('critical', 'path', 'Critical path', 'x'),
        flag('follow', 'follow', 'Follow rows', 'f'),
        flag('compress', 'compress', 'Compress idle', 'c'),
        flag('only', 'filter', 'Only matches', 'm'),
      ];
      const step = (direction, label, icon) =>
        ph.button(
          {
            class: 'rx-mini-button',
            'aria-label': label + ' match',
            title: label + ' match',
            onclick: () => explorer.nextMatch(direction),
          },
          icon,
        );
      this.element = h(
        'div',
        { class: 'rx-toolbar', role: 'toolbar', 'aria-label': 'Waterfall' },
        h(
          'div',
          { class: 'rx-search' },
          ph.icon('search'),
          this.input,
          this.found,
          step(-1, 'Previous', 'up'),
          step(1, 'Next', 'down'),
        ),
        errors,
        this.flags,
        h('span', { class: 'rx-grow' }),
        ph.button(
          { class: 'rx-chip', title: 'Collapse all ([)', onclick: () => explorer.collapseAll() },
          'collapse',
          'Collapse',
        ),
        ph.button(
          { class: 'rx-chip', title: 'Expand all (])', onclick: () => explorer.expandAll() },
          'expand',
          'Expand',
        ),
      );
    }

    keydown(event) {
      if (event.key === 'Enter') {
        event.preventDefault();
        this.x.nextMatch(event.shiftKey ? -1 : 1);
      }
      if (event.key === 'Escape') {
        event.preventDefault();
        event.stopPropagation();
        if (this.input.value) {
          this.input.value = '';
          this.x.find('');
        } else this.x.focus();
      }
    }

    draw() {
      const { x } = this,
        count = x.outline.errors.length;
      this.errors.classList.toggle('bad', count > 0);
      this.errors.disabled = !count;
      this.errors.querySelector('span').textContent = count
        ? ph.plural(count, 'error')
        : 'No errors';
      for (const button of this.flags)
        button.setAttribute('aria-pressed', Boolean(x.flags[button.dataset.flag]));
      this.flags[3].disabled = !x.found;
      this.drawFound();
    }

    drawFound() {
      const { found, queryError, selected } = this.x;
      this.found.classList.toggle('bad', Boolean(queryError));
      if (queryError) this.found.textContent = queryError;
      else if (!found) this.found.textContent = '';
      else if (!found.count) this.found.textContent = 'no match';
      else {
        const at =
          selected >= 0 && found.match[selected]
            ? found.match.slice(0, selected + 1).reduce((a, b) => a + b, 0)
            : 0;
        this.found.textContent = at
          ? `${at} of ${found.count}`
          : ph.plural(found.count, 'match').replace('matchs', 'matches');
      }
    }
  };
})();
