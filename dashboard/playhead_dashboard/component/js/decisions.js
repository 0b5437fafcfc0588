/* A decision: what was chosen from what, by whom, why, and what came of it. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h } = ph;
  const { section, stepLink } = ph.panels;

  const SOURCES = {
    path_map: 'from the path map',
    literal: 'from the return annotation',
    ends: 'from the declared ends',
    tools_offered: 'the tools offered to the model',
    given: 'as given',
    unknown: 'not known where from',
  };

  ph.panels.decision = function decision(c) {
    const d = c.detail.decision,
      names = [...new Set([...d.candidates, ...d.chosen])],
      top = Math.max(...(d.scores || [0]), 0) > 1 ? Math.max(...d.scores.map(ph.number)) : 1;
    const options = names.map((name) => {
      const at = d.candidates.indexOf(name),
        score = d.scores && at >= 0 ? ph.number(d.scores[at]) : undefined,
        chosen = d.chosen.includes(name);
      const times = d.chosen.filter((one) => one === name).length;
      return h(
        'li',
        { class: chosen ? 'chosen' : '' },
        chosen ? ph.icon('ok') : h('i', { class: 'rx-icon' }),
        h('b', null, ph.visible(name)),
        score === undefined
          ? h('span')
          : h(
              'i',
              { class: 'rx-score' },
              h('u', { style: `width:${Math.max(0, Math.min(100, (score / top) * 100))}%` }),
            ),
        h('span', { class: 'rx-dim mono' }, score === undefined ? '' : String(score)),
        h(
          'span',
          { class: 'rx-chosen-word' },
          chosen ? (times > 1 ? `chosen ${times}×` : 'chosen') : '',
        ),
        at < 0 ? h('span', { class: 'rx-dim' }, 'not among the alternatives') : null,
      );
    });
    const facts = [
      ['type', d.type],
      ['decided by', d.maker],
      ['declared at', d.declared_at],
      ['alternatives', SOURCES[d.candidates_source] || d.candidates_source],
    ];
    return [
      section(
        'Decision',
        d.candidates.length
          ? ph.plural(d.candidates.length, 'alternative')
          : 'alternatives unknown',
        h(
          'ul',
          { class: 'rx-options' },
          options.length ? options : h('li', null, 'nothing was chosen'),
        ),
      ),
      section(
        'Reason',
        d.reason_source && d.reason_source !== 'none' ? reasonSource(d.reason_source) : null,
        d.reason
          ? h('blockquote', { class: 'rx-reason' }, ph.textBlock(d.reason))
          : h('p', { class: 'rx-dim' }, 'No reason was stated.'),
      ),
      h(
        'dl',
        { class: 'rx-pairs' },
        facts
          .filter(([, v]) => v)
          .map(([k, v]) => [h('dt', null, k), h('dd', { class: 'mono' }, ph.visible(v))]),
      ),
      effects(c),
      d.inputs === null || d.inputs === undefined
        ? null
        : section('What it saw', null, ph.value(d.inputs)),
    ];
  };

  const reasonSource = (source) =>
    ({
      model_text: 'in the model’s words',
      model_reasoning: 'from the model’s reasoning',
      code: 'given in code',
      declared: 'declared',
    })[source] || source;

  function effects({ x, row }) {
    const rows = x.outline.effects(row);
    return rows.length
      ? section(
          'Led to',
          null,
          rows.slice(0, 12).map((r) => stepLink(x, r, ph.durationOf(x.outline, r))),
        )
      : null;
  }

  ph.panels.causes = function causes({ x, row }) {
    const cause = x.outline.cause(row);
    return cause < 0
      ? null
      : section('Chosen by', null, stepLink(x, cause, ph.rowNote(x.outline, cause)));
  };

  ph.panels.links = function links({ x, detail }) {
    const found = (detail.links || []).map((link) => {
      const id =
          link.step_id ||
          (link.trace_id && link.span_id ? `${link.trace_id}-${link.span_id}` : null),
        row = id ? x.outline.rowOf(id) : -1;
      const type = String(
        (link.attributes && link.attributes['playhead.link.type']) || link.type || 'link',
      ).replaceAll('_', ' ');
      return row >= 0
        ? stepLink(x, row, type)
        : h('div', { class: 'rx-dim mono' }, ph.visible(`${type}: ${id || JSON.stringify(link)}`));
    });
    return found.length ? section('Linked steps', null, found) : null;
  };
})();
