/* Search inside a run: `kind:model_call status:error dur>2s cost>0.02 text`, over the outline.
 * Terms must all hold; `-` negates; `a,b` is either; `*` is anything; quotes keep blanks together. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const UNITS = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };
  const TERM = /(-?)(?:([a-z_]+)(>=|<=|>|<|=|:))?("[^"]*"?|\S+)/gi;

  // Words: dictionary-coded columns, matched once per distinct value.
  const WORDS = {
    kind: ['kindOf', 'kind_names'],
    name: ['nameOf', 'names'],
    status: ['statusOf', 'status_names'],
    model: ['modelOf', 'model_names'],
    node: ['nodeOf', 'node_names'],
    step: ['nodeOf', 'node_names'],
  };
  const NUMBERS = {
    dur: (o, i) => o.dur[i],
    duration: (o, i) => o.dur[i],
    cost: (o, i) => o.usd[i],
    tokens: (o, i) => o.tokensIn[i] + (o.tokensOut[i] || 0),
    attempt: (o, i) => o.attempt[i],
    http: (o, i) => o.http[i],
    depth: (o, i) => o.depth[i],
    start: (o, i) => o.start[i],
  };
  const COMPARE = {
    '>': (a, b) => a > b,
    '>=': (a, b) => a >= b,
    '<': (a, b) => a < b,
    '<=': (a, b) => a <= b,
    '=': (a, b) => a === b,
    ':': (a, b) => a === b,
  };
  ph.QUERY_HELP =
    'kind: name: status: model: node: tool: error:  dur> cost> tokens> attempt> http:';

  /** Return `{match, count}` with one byte per row, or `{error}` in a sentence; null without a query. */
  ph.search = function search(outline, text) {
    const tests = [];
    for (const [, minus, field, sign, quoted] of text.matchAll(TERM)) {
      const value = quoted.replace(/^"|"$/g, '');
      if (!value && !field) continue;
      const made = test(outline, field && field.toLowerCase(), sign, value, field + sign + quoted);
      if (made.error) return made;
      tests.push(minus ? (i) => !made.holds(i) : made.holds);
    }
    if (!tests.length) return null;
    const match = new Uint8Array(outline.n);
    let count = 0;
    for (let i = 0; i < outline.n; i++) {
      if (tests.every((holds) => holds(i))) {
        match[i] = 1;
        count += 1;
      }
    }
    return { match, count };
  };

  function test(outline, field, sign, value, whole) {
    if (!field) return { holds: anywhere(outline, value) };
    if (field in NUMBERS) return number(outline, field, sign, value);
    if (sign !== ':' && sign !== '=') return { error: `${field} is a word: write ${field}:value` };
    if (field === 'tool') {
      const named = word(outline, 'name', value),
        kind = word(outline, 'kind', 'tool_call');
      return { holds: (i) => kind(i) && named(i) };
    }
    if (field === 'error') {
      const wanted = pattern(value, true);
      return { holds: (i) => outline.status(i) === 'error' && wanted(note(outline, i)) };
    }
    if (field in WORDS) return { holds: word(outline, field, value) };
    return /^https?$/.test(field)
      ? { holds: anywhere(outline, whole) }
      : { error: `no field ${field}` };
  }

  function number(outline, field, sign, value) {
    const [, digits, unit] = /^\$?([\d.]+)\s*([a-zµ]*)$/i.exec(value) || [];
    const scale =
      field === 'dur' || field === 'duration' || field === 'start'
        ? UNITS[unit || 's']
        : unit
          ? undefined
          : 1;
    if (digits === undefined || scale === undefined)
      return { error: `${value} is no number for ${field}` };
    const bound = Number(digits) * scale,
      holds = COMPARE[sign],
      read = NUMBERS[field];
    return { holds: (i) => holds(read(outline, i), bound) }; // the unknown (NaN) never matches
  }

  function word(outline, field, value) {
    const [column, names] = WORDS[field];
    const choices = value.split(',').map((one) => pattern(one, field === 'name'));
    const hits = (outline[names] || outline.json[names]).map((name) => choices.some((matches) => matches(name)));
    return (i) => hits[outline[column][i]] === true;
  }

  /** Plain text: in names, models, nodes, kinds, ids, and in what the details say. */
  function anywhere(outline, value) {
    const inName = word(outline, 'name', `*${value}*`),
      inModel = word(outline, 'model', `*${value}*`);
    const inNode = word(outline, 'node', `*${value}*`),
      inKind = word(outline, 'kind', `*${value}*`);
    const wanted = pattern(value, true);
    return (i) =>
      inName(i) ||
      inModel(i) ||
      inNode(i) ||
      inKind(i) ||
      wanted(note(outline, i)) ||
      outline.ids[i] === value;
  }

  function pattern(value, inside) {
    const source = value
      .toLowerCase()
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*');
    const expression = new RegExp(inside ? source : '^' + source + '$', 's');
    return (text) =>
      text !== null && text !== undefined && expression.test(String(text).toLowerCase());
  }

  /** All that the details of a row say, in one text; made once per row. */
  function note(outline, row) {
    const detail = outline.details[row];
    if (!detail) return '';
    outline.notes = outline.notes || new Map();
    if (!outline.notes.has(row)) outline.notes.set(row, said(detail));
    return outline.notes.get(row);
  }

  function said(detail) {
    return Object.values(detail)
      .map((v) => (typeof v === 'object' ? JSON.stringify(v) : v))
      .join(' ');
  }

  /** Rows to keep when only matches are shown: the matches and all their ancestors. */
  ph.withAncestors = function withAncestors(outline, match) {
    const keep = match.slice();
    for (let i = outline.n - 1; i >= 0; i--)
      if (keep[i] && outline.parent[i] >= 0) keep[outline.parent[i]] = 1;
    return keep;
  };
})();
