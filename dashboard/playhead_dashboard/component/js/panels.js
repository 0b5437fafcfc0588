/* What a step says, by kind: values in, elements out. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h } = ph;
  const MESSAGES_MAX = 40; // of a prompt, the newest; the others on request

  /** Tabs that fit a kind; `detail` null while it is being read. */
  ph.tabsOf = function tabsOf(kind, detail, hasState) {
    const tabs = [['overview', 'Overview']];
    if (kind === 'model_call' || (detail && detail.messages)) tabs.push(['prompt', 'Prompt']);
    if (kind !== 'decision' && kind !== 'checkpoint' && kind !== 'http_attempt') tabs.push(['output', 'Output']);
    if (hasState || kind === 'checkpoint') tabs.push(['state', 'State']);
    tabs.push(['attributes', 'Attributes'], ['raw', 'Raw']);
    return tabs;
  };

  /** The elements of one tab. `c`: `{x, row, detail, openTab}`. */
  ph.panel = (tab, c) => (PANELS[tab] || PANELS.overview)(c);

  const PANELS = {
    overview: (c) => [errorBox(c), ph.factsOf(c.x.outline, c.row, c.detail), contentNote(c.detail), ...byKind(c), stateSummary(c), causes(c), links(c)],
    prompt: (c) => [contentNote(c.detail), ...prompt(c, MESSAGES_MAX, true)],
    output: (c) => [contentNote(c.detail), ...inAndOut(c), ...answer(c, true)],
    state: (c) => [stateFull(c)],
    attributes: (c) => [...attributes(c)],
    raw: (c) => [raw(c)],
  };

  function byKind(c) {
    const { detail } = c;
    if (detail.decision) return decision(c);
    if (detail.http) return http(c);
    if (detail.messages || detail.answer) return [...prompt(c, 2, false), ...answer(c, false)];
    if (c.x.outline.kind(c.row) === 'checkpoint') return [];
    return inAndOut(c);
  }

  const section = (title, note, ...content) => h('section', { class: 'rx-section' }, h('h3', null, title, note ? h('small', null, note) : null), content);

  /** The cells at the top: duration, start, tokens, cost, and what else is known of the step. */
  ph.factsOf = function factsOf(o, row, detail) {
    const kind = o.kind(row), step = detail ? detail.step : null, cells = [
      [ph.durationOf(o, row), 'duration', ph.kindWord(kind)], ['+' + ph.duration(o.start[row]), 'start'],
    ];
    if (kind === 'model_call' || kind === 'embedding' || !Number.isNaN(o.tokensIn[row])) {
      cells.push([`${words(o.tokensIn[row])} → ${words(o.tokensOut[row])}`, 'tokens in → out', step && tokenParts(step)],
        [ph.usd(Number.isNaN(o.usd[row]) ? null : o.usd[row]), 'cost']);
    }
    if (o.model(row)) cells.push([ph.visible(o.model(row)), 'model', step && step.provider]);
    if (o.attemptsOf(row) > 1) cells.push([`${o.attempt[row]} of ${o.attemptsOf(row)}`, 'attempt']);
    if (o.http[row] >= 100) cells.push([String(o.http[row]), 'HTTP status']);
    if (detail && ph.known(detail.first_chunk_ns)) cells.push([ph.duration(ph.number(detail.first_chunk_ns)), 'time to first token']);
    if (detail && (detail.finish_reasons || []).length) cells.push([ph.visible(detail.finish_reasons.join(', ')), 'finish reason']);
    if (kind === 'node' && !Number.isNaN(o.stepIndex[row])) cells.push([o.stepIndex[row], 'superstep']);
    if (o.kids[row]) cells.push([o.last[row] - row, 'steps inside']);
    return h('div', { class: 'rx-cells' }, cells.map(([value, label, title]) => h('div', { title: title || null }, h('b', null, value), h('span', null, label))));
  };

  const words = (n) => (Number.isNaN(n) ? 'unknown' : n.toLocaleString('en-US'));

  function tokenParts(step) {
    const parts = [];
    if (step.tokens_cache_read) parts.push(`${words(ph.number(step.tokens_cache_read))} of the input came from the cache`);
    if (step.tokens_reasoning) parts.push(`${words(ph.number(step.tokens_reasoning))} of the output was reasoning`);
    return parts.join('; ');
  }

  function errorBox(c) {
    const { step, error_stack: stack } = c.detail;
    if (!step.error_type && !step.error_message && !stack) return null;
    return h('div', { class: 'rx-error' }, h('header', null, ph.icon('error'), h('b', null, ph.visible(step.error_type || 'Error'))),
      step.error_message ? ph.textBlock(step.error_message) : null,
      stack ? h('details', null, h('summary', null, 'Stack trace'), ph.textBlock(stack, { mono: true, open: true }), ph.copyButton('Copy', () => stack)) : null);
  }

  const WHY = {
    not_captured: ['Content was not captured', 'the sender recorded without content (capture is “metadata”), or it went to a collector that may not have it.'],
    redacted: ['Secrets were masked', 'before the content was written.'],
    truncated: ['Content was cut', 'at the size limit of the sender.'],
  };

  function contentNote(detail) {
    const why = WHY[detail.content_state];
    return why ? h('div', { class: 'rx-note-box is-' + detail.content_state }, ph.icon('warning'), h('span', null, h('b', null, why[0]), ': ' + why[1])) : null;
  }

  // --- model call --------------------------------------------------------------------------------

  function prompt({ detail, openTab }, most, whole) {
    const out = [], messages = detail.messages || [];
    if (whole && detail.tools && detail.tools.length) out.push(tools(detail.tools));
    const system = detail.system && detail.system.length ? [{ role: 'system', parts: detail.system }] : [];
    const shown = whole ? messages.slice(-most) : messages.slice(-1);
    const list = h('div', null, whole ? system.map((m) => ph.message(m)) : null);
    if (whole && messages.length > most) {
      const more = h('button', { type: 'button', class: 'rx-more' }, `Show ${messages.length - most} earlier messages`);
      more.addEventListener('click', () => more.replaceWith(...messages.slice(0, -most).map((m) => ph.message(m))));
      list.append(more);
    }
    list.append(...shown.map((m) => ph.message(m)));
    const all = messages.length + system.length;
    if (!all) return detail.content_state === 'not_captured' ? out : [...out, section('Prompt', null, h('p', { class: 'rx-dim' }, 'No prompt was recorded.'))];
    const rest = !whole && all > shown.length ? h('button', { type: 'button', class: 'rx-more', onclick: () => openTab('prompt') }, `All ${all} messages of the prompt`) : null;
    out.push(section('Prompt', whole ? ph.plural(all, 'message') : all > 1 ? `last of ${all} messages` : null, list, rest));
    if (whole && detail.parameters && Object.keys(detail.parameters).length) out.push(section('Parameters', null, ph.value(detail.parameters)));
    return out;
  }

  function tools(offered) {
    const nameOf = (tool) => (tool && (tool.name || (tool.function && tool.function.name))) || 'unnamed';
    return section('Tools offered', String(offered.length), offered.map((tool) =>
      h('details', { class: 'rx-card k-tool_call' }, h('summary', null, ph.icon('tool_call'), h('b', null, ph.visible(String(nameOf(tool))))), ph.value(tool))));
  }

  function answer({ detail, x, row }, open) {
    if (!detail.answer) return x.outline.kind(row) === 'model_call' && detail.content_state !== 'not_captured' && open ? [section('Answer', null, h('p', { class: 'rx-dim' }, 'No answer was recorded.'))] : [];
    return [section('Answer', null, detail.answer.map((m) => ph.message(m, { open: open && detail.answer.length === 1 })))];
  }

  // --- tools and nodes -----------------------------------------------------------------------------

  const IN_OUT = { tool_call: ['Arguments', 'Result'], retrieval: ['Query', 'Documents'], interrupt: ['Question', 'Answer'] };

  function inAndOut({ detail, x, row }) {
    const [inWord, outWord] = IN_OUT[x.outline.kind(row)] || ['Input', 'Output'], out = [];
    const one = (title, value) => section(title, null, ph.value(value), ph.copyButton('Copy', () => (typeof value === 'string' ? value : ph.stringify(value))));
    if (detail.input !== null && detail.input !== undefined) out.push(one(inWord, detail.input));
    if (detail.output !== null && detail.output !== undefined) out.push(one(outWord, detail.output));
    if (!out.length && detail.content_state !== 'not_captured' && !detail.answer) out.push(section(outWord, null, h('p', { class: 'rx-dim' }, 'This step recorded no input and no output.')));
    return out;
  }

  function http({ detail }) {
    const { http: hop } = detail, { method, url, status, headers, body, ...rest } = hop;
    const retry = headers && Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after');
    const cls = status >= 400 ? 'bad' : status >= 200 ? 'good' : '';
    const out = [section('Request', null, h('div', { class: 'rx-http mono' }, h('b', null, ph.visible(String(method || 'request'))), ' ', ph.visible(String(url || 'address unknown'))))];
    out.push(section('Response', null, h('div', { class: 'rx-http ' + cls }, h('b', null, status ?? 'no status'), retry ? h('span', null, ` retry after ${ph.visible(String(retry[1]))} s`) : null)));
    if (headers && Object.keys(headers).length) out.push(section('Headers', 'masked', pairs(headers)));
    if (body !== null && body !== undefined) out.push(section('Body', null, ph.value(body)));
    if (Object.values(rest).some((v) => v !== null && v !== undefined)) out.push(section('More', null, pairs(rest)));
    return out;
  }

  // --- decisions -------------------------------------------------------------------------------------

  const SOURCES = { path_map: 'from the path map', literal: 'from the return annotation', ends: 'from the declared ends', tools_offered: 'the tools offered to the model', given: 'as given', unknown: 'not known where from' };

  function decision(c) {
    const d = c.detail.decision, names = [...new Set([...d.candidates, ...d.chosen])], top = Math.max(...(d.scores || [0]), 0) > 1 ? Math.max(...d.scores.map(ph.number)) : 1;
    const options = names.map((name) => {
      const at = d.candidates.indexOf(name), score = d.scores && at >= 0 ? ph.number(d.scores[at]) : undefined, chosen = d.chosen.includes(name);
      const times = d.chosen.filter((one) => one === name).length;
      return h('li', { class: chosen ? 'chosen' : '' }, chosen ? ph.icon('ok') : h('i', { class: 'rx-icon' }), h('b', null, ph.visible(name)),
        score === undefined ? h('span') : h('i', { class: 'rx-score' }, h('u', { style: `width:${Math.max(0, Math.min(100, (score / top) * 100))}%` })),
        h('span', { class: 'rx-dim mono' }, score === undefined ? '' : String(score)), h('span', { class: 'rx-chosen-word' }, chosen ? (times > 1 ? `chosen ${times}×` : 'chosen') : ''),
        at < 0 ? h('span', { class: 'rx-dim' }, 'not among the alternatives') : null);
    });
    const facts = [['type', d.type], ['decided by', d.maker], ['declared at', d.declared_at], ['alternatives', SOURCES[d.candidates_source] || d.candidates_source]];
    return [
      section('Decision', d.candidates.length ? ph.plural(d.candidates.length, 'alternative') : 'alternatives unknown', h('ul', { class: 'rx-options' }, options.length ? options : h('li', null, 'nothing was chosen'))),
      section('Reason', d.reason_source && d.reason_source !== 'none' ? reasonSource(d.reason_source) : null, d.reason ? h('blockquote', { class: 'rx-reason' }, ph.textBlock(d.reason)) : h('p', { class: 'rx-dim' }, 'No reason was stated.')),
      h('dl', { class: 'rx-pairs' }, facts.filter(([, v]) => v).map(([k, v]) => [h('dt', null, k), h('dd', { class: 'mono' }, ph.visible(v))])),
      effects(c),
      d.inputs === null || d.inputs === undefined ? null : section('What it saw', null, ph.value(d.inputs)),
    ];
  }

  const reasonSource = (source) => ({ model_text: 'in the model’s words', model_reasoning: 'from the model’s reasoning', code: 'given in code', declared: 'declared' }[source] || source);

  function stepLink(x, row, note) {
    const o = x.outline;
    return h('button', { type: 'button', class: 'rx-step-link ' + ph.kindClass(o.kind(row)), onclick: () => x.select(row) }, ph.icon(o.kind(row)), h('b', { dir: 'auto' }, ph.visible(o.name(row).slice(0, 80))), note ? h('span', { class: 'rx-dim' }, note) : null, ph.icon('right'));
  }

  function effects({ x, row }) {
    const rows = x.outline.effects(row);
    return rows.length ? section('Led to', null, rows.slice(0, 12).map((r) => stepLink(x, r, ph.durationOf(x.outline, r)))) : null;
  }

  function causes({ x, row }) {
    const cause = x.outline.cause(row);
    return cause < 0 ? null : section('Chosen by', null, stepLink(x, cause, ph.rowNote(x.outline, cause)));
  }

  function links({ x, detail }) {
    const found = (detail.links || []).map((link) => {
      const id = link.step_id || (link.trace_id && link.span_id ? `${link.trace_id}-${link.span_id}` : null), row = id ? x.outline.rowOf(id) : -1;
      const type = String((link.attributes && link.attributes['playhead.link.type']) || link.type || 'link').replaceAll('_', ' ');
      return row >= 0 ? stepLink(x, row, type) : h('div', { class: 'rx-dim mono' }, ph.visible(`${type}: ${id || JSON.stringify(link)}`));
    });
    return found.length ? section('Linked steps', null, found) : null;
  }

  // --- state -------------------------------------------------------------------------------------------

  function stateBox(c, draw) {
    const row = c.x.outline.checkpointAt(c.row);
    if (row < 0) return null;
    const box = h('div', { class: 'rx-state' }), outline = c.x.outline;
    if (row === c.row) { draw(box, c.detail, row); return box; }
    const ready = c.x.store.ready.get(outline.ids[row]);
    if (ready) { draw(box, ready, row); return box; }
    box.append(h('div', { class: 'rx-skeleton' }));
    c.x.store.step(outline.ids[row]).then((detail) => { box.replaceChildren(); draw(box, detail, row); },
      (error) => box.replaceChildren(h('p', { class: 'rx-dim' }, 'The state could not be read: ' + ph.visible(error.message))));
    return box;
  }

  const changed = (detail) => (detail.state || []).filter((change) => change.change !== 'same');

  function stateTitle(c, row, detail) {
    const o = c.x.outline, at = Number.isNaN(o.stepIndex[row]) ? 'at this moment' : `after superstep ${o.stepIndex[row]}`;
    return [h('h3', null, row === c.row ? 'What changed' : 'State ' + at, h('small', null, `${changed(detail).length} of ${(detail.state || []).length} keys changed`)), row === c.row ? null : stepLink(c.x, row, ph.rowNote(o, row))];
  }

  function stateSummary(c) {
    const own = c.x.outline.kind(c.row) === 'checkpoint';
    return stateBox(c, (box, detail, row) => {
      box.append(...stateTitle(c, row, detail).filter(Boolean));
      const changes = changed(detail);
      if (!detail.state) box.append(h('p', { class: 'rx-dim' }, 'The state was not captured.'));
      else if (!changes.length) box.append(h('p', { class: 'rx-dim' }, 'No key changed.'));
      if (own) box.append(...changes.slice(0, 20).map(ph.changeCard));
      else box.append(h('ul', { class: 'rx-keys' }, (detail.state || []).slice(0, 30).map((s) => h('li', { class: 'is-' + s.change }, h('i', { class: 'rx-sign', title: s.change }, { added: '+', changed: '~', removed: '−' }[s.change] || ''), h('b', null, ph.visible(s.key)), h('span', { class: 'mono' }, ph.oneLine(s.change === 'removed' ? s.before : s.after, 70))))));
      if (detail.state && detail.state.length) box.append(h('button', { type: 'button', class: 'rx-more', onclick: () => c.openTab('state') }, 'The whole state'));
    });
  }

  function stateFull(c) {
    const empty = h('p', { class: 'rx-dim' }, 'No state was recorded up to this step.');
    return stateBox(c, (box, detail, row) => {
      box.append(...stateTitle(c, row, detail).filter(Boolean));
      const same = (detail.state || []).filter((s) => s.change === 'same');
      box.append(...changed(detail).map(ph.changeCard));
      if (same.length) box.append(h('h3', null, 'Unchanged', h('small', null, ph.plural(same.length, 'key'))));
      box.append(...same.map((s) => h('details', { class: 'rx-card' }, h('summary', null, h('b', null, ph.visible(s.key)), h('span', { class: 'rx-dim mono' }, ph.oneLine(s.after, 60))), ph.value(s.after ?? null))));
    }) || empty;
  }

  // --- attributes, raw ---------------------------------------------------------------------------------

  function pairs(values) {
    return h('dl', { class: 'rx-pairs' }, Object.entries(values).filter(([, v]) => v !== null && v !== undefined).map(([key, value]) =>
      [h('dt', null, ph.visible(key)), h('dd', { class: 'mono' }, typeof value === 'object' && !(value instanceof ph.Literal) ? ph.tree(value) : ph.textBlock(String(value), { mono: true }))]));
  }

  function attributes({ detail }) {
    const { step } = detail, ids = { step: step.step_id, parent: step.parent_id, run: step.run_id, started: ph.clock(ph.number(step.start_ns)), framework: step.framework, dialect: step.dialect, agent: step.agent, node: step.node };
    const out = [section('Step', null, pairs(ids))];
    if (Object.keys(detail.attributes || {}).length) out.push(section('Attributes', 'as sent, where no field above holds them', pairs(detail.attributes)));
    if ((detail.events || []).length) out.push(section('Events', null, ph.value(detail.events)));
    if (Object.keys(detail.resource || {}).length) out.push(section('Resource', null, pairs(detail.resource)));
    if (detail.variants > 0) out.push(h('p', { class: 'rx-dim' }, `${ph.plural(detail.variants, 'other record')} arrived for the same step.`));
    return out;
  }

  function raw({ detail }) {
    const text = ph.stringify(detail.raw ?? detail);
    return section(detail.raw ? 'As it came, OTLP/JSON' : 'The step, as the API gives it', null, ph.copyButton('Copy JSON', () => text), h('div', { class: 'rx-block' }, ph.tree(detail.raw ?? detail)));
  }
})();
