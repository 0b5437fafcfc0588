/* Model calls, tools, nodes and HTTP attempts: what went in and what came out. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h } = ph;
  const { section, pairs } = ph.panels;

  ph.panels.prompt = function prompt({ detail, openTab }, most, whole) {
    const out = [],
      messages = detail.messages || [];
    if (whole && detail.tools && detail.tools.length) out.push(tools(detail.tools));
    const system =
      detail.system && detail.system.length ? [{ role: 'system', parts: detail.system }] : [];
    const shown = whole ? messages.slice(-most) : messages.slice(-1);
    const list = h('div', null, whole ? system.map((m) => ph.message(m)) : null);
    if (whole && messages.length > most) {
      const more = h(
        'button',
        { type: 'button', class: 'rx-more' },
        `Show ${messages.length - most} earlier messages`,
      );
      more.addEventListener('click', () =>
        more.replaceWith(...messages.slice(0, -most).map((m) => ph.message(m))),
      );
      list.append(more);
    }
    list.append(...shown.map((m) => ph.message(m)));
    const all = messages.length + system.length;
    if (!all)
      return detail.content_state === 'not_captured'
        ? out
        : [...out, section('Prompt', null, h('p', { class: 'rx-dim' }, 'No prompt was recorded.'))];
    const rest =
      !whole && all > shown.length
        ? h(
            'button',
            { type: 'button', class: 'rx-more', onclick: () => openTab('prompt') },
            `All ${all} messages of the prompt`,
          )
        : null;
    out.push(
      section(
        'Prompt',
        whole ? ph.plural(all, 'message') : all > 1 ? `last of ${all} messages` : null,
        list,
        rest,
      ),
    );
    if (whole && detail.parameters && Object.keys(detail.parameters).length)
      out.push(section('Parameters', null, ph.value(detail.parameters)));
    return out;
  };

  function tools(offered) {
    const nameOf = (tool) =>
      (tool && (tool.name || (tool.function && tool.function.name))) || 'unnamed';
    return section(
      'Tools offered',
      String(offered.length),
      offered.map((tool) =>
        h(
          'details',
          { class: 'rx-card k-tool_call' },
          h('summary', null, ph.icon('tool_call'), h('b', null, ph.visible(String(nameOf(tool))))),
          ph.value(tool),
        ),
      ),
    );
  }

  ph.panels.answer = function answer({ detail, x, row }, open) {
    if (!detail.answer)
      return x.outline.kind(row) === 'model_call' && detail.content_state !== 'not_captured' && open
        ? [section('Answer', null, h('p', { class: 'rx-dim' }, 'No answer was recorded.'))]
        : [];
    return [
      section(
        'Answer',
        null,
        detail.answer.map((m) => ph.message(m, { open: open && detail.answer.length === 1 })),
      ),
    ];
  };

  const IN_OUT = {
    tool_call: ['Arguments', 'Result'],
    retrieval: ['Query', 'Documents'],
    interrupt: ['Question', 'Answer'],
  };

  ph.panels.inAndOut = function inAndOut({ detail, x, row }) {
    const [inWord, outWord] = IN_OUT[x.outline.kind(row)] || ['Input', 'Output'],
      out = [];
    const one = (title, value) =>
      section(
        title,
        null,
        ph.value(value),
        ph.copyButton('Copy', () => (typeof value === 'string' ? value : ph.stringify(value))),
      );
    if (detail.input !== null && detail.input !== undefined) out.push(one(inWord, detail.input));
    if (detail.output !== null && detail.output !== undefined)
      out.push(one(outWord, detail.output));
    if (!out.length && detail.content_state !== 'not_captured' && !detail.answer)
      out.push(
        section(
          outWord,
          null,
          h('p', { class: 'rx-dim' }, 'This step recorded no input and no output.'),
        ),
      );
    return out;
  };

  ph.panels.http = function http({ detail }) {
    const { method, url, status, headers, body, request, ...rest } = detail.http;
    const cls = status >= 400 ? 'bad' : status >= 200 ? 'good' : '';
    const out = [
      section(
        'Request',
        null,
        h(
          'div',
          { class: 'rx-http mono' },
          h('b', null, ph.visible(String(method || 'request'))),
          ' ',
          ph.visible(String(url || 'address unknown')),
        ),
      ),
    ];
    out.push(
      section(
        'Response',
        null,
        h(
          'div',
          { class: 'rx-http ' + cls },
          h('b', null, status ?? 'no status'),
          h('span', null, retryAfter(detail.http)),
        ),
      ),
    );
    if (request) out.push(section('Request content', 'masked', ph.value(request)));
    if (headers && Object.keys(headers).length)
      out.push(section('Headers', 'masked', pairs(headers)));
    if (body !== null && body !== undefined) out.push(section('Body', null, ph.value(body)));
    if (Object.values(rest).some((v) => v !== null && v !== undefined))
      out.push(section('More', null, pairs(rest)));
    return out;
  };

  /** The time that the server asked to wait, in words; empty when it did not. */
  function retryAfter({ headers, retry_after_ms: ms }) {
    if (ph.known(ms)) return ` retry after ${ph.duration(ph.number(ms) * 1e6)}`;
    const header = Object.entries(headers || {}).find(
      ([name]) => name.toLowerCase() === 'retry-after',
    );
    return header ? ` retry after ${ph.visible(String(header[1]))} s` : '';
  }
})();
