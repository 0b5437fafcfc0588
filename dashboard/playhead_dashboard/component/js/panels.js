/* What a step says, by kind: values in, elements out. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h } = ph;
  const { section, pairs } = ph.panels;
  const MESSAGES_MAX = 40; // of a prompt, the newest; the others on request

  /** Tabs that fit a kind; `detail` null while it is being read. */
  ph.tabsOf = function tabsOf(kind, detail, hasState) {
    const tabs = [['overview', 'Overview']];
    if (kind === 'model_call' || (detail && detail.messages)) tabs.push(['prompt', 'Prompt']);
    if (kind !== 'decision' && kind !== 'checkpoint' && kind !== 'http_attempt')
      tabs.push(['output', 'Output']);
    if (hasState || kind === 'checkpoint') tabs.push(['state', 'State']);
    tabs.push(['attributes', 'Attributes'], ['raw', 'Raw']);
    return tabs;
  };

  /** The elements of one tab. `c`: `{x, row, detail, openTab}`. */
  ph.panel = (tab, c) => (PANELS[tab] || PANELS.overview)(c);

  const PANELS = {
    overview: (c) => [
      errorBox(c),
      ph.factsOf(c.x.outline, c.row, c.detail),
      contentNote(c.detail),
      ...byKind(c),
      ph.panels.stateSummary(c),
      ph.panels.causes(c),
      ph.panels.links(c),
    ],
    prompt: (c) => [contentNote(c.detail), ...ph.panels.prompt(c, MESSAGES_MAX, true)],
    output: (c) => [contentNote(c.detail), ...ph.panels.inAndOut(c), ...ph.panels.answer(c, true)],
    state: (c) => [ph.panels.stateFull(c)],
    attributes: (c) => [...attributes(c)],
    raw: (c) => [raw(c)],
  };

  function byKind(c) {
    const { detail } = c;
    if (detail.decision) return ph.panels.decision(c);
    if (detail.http) return ph.panels.http(c);
    if (detail.messages || detail.answer)
      return [...ph.panels.prompt(c, 2, false), ...ph.panels.answer(c, false)];
    if (c.x.outline.kind(c.row) === 'checkpoint') return [];
    return ph.panels.inAndOut(c);
  }

  /** The cells at the top: duration, start, tokens, cost, and what else is known of the step. */
  ph.factsOf = function factsOf(o, row, detail) {
    const kind = o.kind(row),
      step = detail ? detail.step : null,
      length = ph.durationOf(o, row),
      cells = [
        ...(length === ph.NO_LENGTH ? [] : [[length, 'duration', ph.kindWord(kind)]]),
        ['+' + ph.duration(o.start[row]), 'start'],
      ];
    if (kind === 'model_call' || kind === 'embedding' || !Number.isNaN(o.tokensIn[row])) {
      cells.push(
        [
          `${words(o.tokensIn[row])} → ${words(o.tokensOut[row])}`,
          'tokens in → out',
          step && tokenParts(step),
        ],
        [ph.usd(Number.isNaN(o.usd[row]) ? null : o.usd[row]), 'cost'],
      );
    }
    if (o.model(row)) cells.push([ph.visible(o.model(row)), 'model', step && step.provider]);
    if (o.attemptsOf(row) > 1) cells.push([`${o.attempt[row]} of ${o.attemptsOf(row)}`, 'attempt']);
    if (o.http[row] >= 100) cells.push([String(o.http[row]), 'HTTP status']);
    if (detail && ph.known(detail.first_chunk_ns))
      cells.push([ph.duration(ph.number(detail.first_chunk_ns)), 'time to first token']);
    if (detail && (detail.finish_reasons || []).length)
      cells.push([ph.visible(detail.finish_reasons.join(', ')), 'finish reason']);
    if (kind === 'node' && !Number.isNaN(o.stepIndex[row]))
      cells.push([o.stepIndex[row], 'superstep']);
    return h(
      'div',
      { class: 'rx-cells' },
      cells.map(([value, label, title]) =>
        h('div', { title: title || null }, h('b', null, value), h('span', null, label)),
      ),
    );
  };

  const words = (n) => (Number.isNaN(n) ? 'unknown' : n.toLocaleString('en-US'));

  function tokenParts(step) {
    const parts = [];
    if (step.tokens_cache_read)
      parts.push(`${words(ph.number(step.tokens_cache_read))} of the input came from the cache`);
    if (step.tokens_reasoning)
      parts.push(`${words(ph.number(step.tokens_reasoning))} of the output was reasoning`);
    return parts.join('; ');
  }

  function errorBox(c) {
    const { step, error_stack: stack } = c.detail;
    if (!step.error_type && !step.error_message && !stack) return null;
    return h(
      'div',
      { class: 'rx-error' },
      h('header', null, ph.icon('error'), h('b', null, ph.visible(step.error_type || 'Error'))),
      step.error_message ? ph.textBlock(step.error_message) : null,
      stack
        ? h(
            'details',
            null,
            h('summary', null, 'Stack trace'),
            ph.textBlock(stack, { mono: true, open: true }),
            ph.copyButton('Copy', () => stack),
          )
        : null,
    );
  }

  const WHY = {
    not_captured: [
      'Content was not captured',
      'the sender recorded without it (its capture setting is “metadata”).',
    ],
    redacted: ['Secrets were masked', 'before the content was written.'],
    truncated: ['Content was cut', 'at the size limit of the sender.'],
  };

  function contentNote(detail) {
    const why = WHY[detail.content_state];
    return why
      ? h(
          'div',
          { class: 'rx-note-box is-' + detail.content_state },
          ph.icon('warning'),
          h('span', null, h('b', null, why[0]), ': ' + why[1]),
        )
      : null;
  }

  function attributes({ detail }) {
    const { step } = detail,
      ids = {
        step: step.step_id,
        parent: step.parent_id,
        run: step.run_id,
        started: ph.clock(ph.number(step.start_ns)),
        framework: step.framework,
        dialect: step.dialect,
        agent: step.agent,
        node: step.node,
      };
    const out = [section('Step', null, pairs(ids))];
    if (Object.keys(detail.attributes || {}).length)
      out.push(section('Attributes', 'as sent', pairs(detail.attributes)));
    if ((detail.events || []).length) out.push(section('Events', null, ph.value(detail.events)));
    if (Object.keys(detail.resource || {}).length)
      out.push(section('Resource', null, pairs(detail.resource)));
    if (detail.variants > 0)
      out.push(
        h(
          'p',
          { class: 'rx-dim' },
          `${ph.plural(detail.variants, 'other record')} arrived for the same step.`,
        ),
      );
    return out;
  }

  function raw({ detail }) {
    const text = ph.stringify(detail.raw ?? detail);
    return section(
      detail.raw ? 'As it came, OTLP/JSON' : 'The step, as the API gives it',
      null,
      ph.copyButton('Copy JSON', () => text),
      h('div', { class: 'rx-block' }, ph.tree(detail.raw ?? detail)),
    );
  }
})();
