/* What changed between two values: words of a text, lines of a long one, paths of a JSON value. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h } = ph;
  const PARTS_MAX = 1200; // words or lines compared; the table below is their product
  const PATHS_MAX = 80; // changed places listed
  const DEPTH_MAX = 12;

  /** Return `[[same|removed|added, text], …]`; by word for short texts, by line for long, null if too long. */
  ph.diffText = function diffText(before, after) {
    for (const cut of [/(\s+)/, /(?<=\n)/]) {
      const a = before.split(cut),
        b = after.split(cut);
      if (a.length <= PARTS_MAX && b.length <= PARTS_MAX) return join(compare(a, b));
    }
    return null;
  };

  /** Longest common subsequence, with the equal ends taken off first. */
  function compare(a, b) {
    let head = 0,
      tail = 0;
    while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
    while (
      tail < a.length - head &&
      tail < b.length - head &&
      a[a.length - 1 - tail] === b[b.length - 1 - tail]
    )
      tail += 1;
    const x = a.slice(head, a.length - tail),
      y = b.slice(head, b.length - tail),
      width = y.length + 1;
    const table = new Uint16Array((x.length + 1) * width);
    for (let i = x.length - 1; i >= 0; i--) {
      for (let j = y.length - 1; j >= 0; j--) {
        table[i * width + j] =
          x[i] === y[j]
            ? table[(i + 1) * width + j + 1] + 1
            : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
      }
    }
    const out = a.slice(0, head).map((part) => ['same', part]);
    let i = 0,
      j = 0;
    while (i < x.length || j < y.length) {
      if (i < x.length && j < y.length && x[i] === y[j]) {
        out.push(['same', x[i]]);
        i += 1;
        j += 1;
      } else if (
        j >= y.length ||
        (i < x.length && table[(i + 1) * width + j] >= table[i * width + j + 1])
      ) {
        out.push(['removed', x[i]]);
        i += 1;
      } else {
        out.push(['added', y[j]]);
        j += 1;
      }
    }
    return out.concat(a.slice(a.length - tail).map((part) => ['same', part]));
  }

  function join(parts) {
    const joined = [];
    for (const [change, text] of parts) {
      const last = joined[joined.length - 1];
      if (last && last[0] === change) last[1] += text;
      else joined.push([change, text]);
    }
    return joined.filter(([, text]) => text !== '');
  }

  /** Places at which two JSON values differ: `[path, before, after]`, undefined where absent. */
  ph.diffValues = function diffValues(before, after) {
    const found = [];
    walk(before, after, '', 0, found);
    return found;
  };

  function walk(a, b, path, level, found) {
    if (found.length > PATHS_MAX || same(a, b)) return;
    const deep = shape(a) === shape(b) && shape(a) !== 'atom' && level < DEPTH_MAX;
    if (!deep) {
      found.push([path, a, b]);
      return;
    }
    const list = Array.isArray(a);
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      walk(
        a[key],
        b[key],
        list ? `${path}[${key}]` : path ? `${path}.${key}` : key,
        level + 1,
        found,
      );
    }
  }

  function shape(value) {
    if (value === null || typeof value !== 'object' || value instanceof ph.Literal) return 'atom';
    return Array.isArray(value) ? 'list' : 'object';
  }

  function same(a, b) {
    if (a === b) return true;
    if (a instanceof ph.Literal && b instanceof ph.Literal) return a.source === b.source;
    return shape(a) === 'atom'
      ? false
      : shape(a) === shape(b) && JSON.stringify(a) === JSON.stringify(b);
  }

  const SIGNS = { added: '+', removed: '−', changed: '~', same: '=' };

  /** One changed key of the state, with what it was and what it is. */
  ph.changeCard = function changeCard(change) {
    const { key, before, after } = change,
      kind = change.change;
    const head = h(
      'header',
      null,
      h('i', { class: 'rx-sign', title: kind }, SIGNS[kind]),
      h('b', null, ph.visible(key)),
      h('span', { class: 'rx-dim' }, kind),
      h('span', { class: 'rx-grow' }),
      ph.copyButton('Copy', () => asText(kind === 'removed' ? before : after)),
    );
    return h('div', { class: 'rx-change is-' + kind }, head, changeBody(kind, before, after));
  };

  function changeBody(kind, before, after) {
    if (kind === 'added' || kind === 'same') return ph.value(after ?? null);
    if (kind === 'removed') return ph.value(before ?? null);
    if (typeof before === 'string' && typeof after === 'string') return textChange(before, after);
    const places = ph.diffValues(before, after);
    if (!places.length) return ph.value(after);
    return h(
      'div',
      { class: 'rx-block' },
      places.slice(0, PATHS_MAX).map(([path, a, b]) => place(path, a, b)),
      places.length > PATHS_MAX ? h('div', { class: 'rx-dim' }, 'and more') : null,
    );
  }

  function place(path, a, b) {
    const sign = a === undefined ? '+' : b === undefined ? '−' : '~';
    const said = (value, tag) => ph.appendText(h(tag, { dir: 'auto' }), short(value));
    return h(
      'div',
      { class: 'rx-place-of-change mono' },
      h('i', { class: 'rx-sign' }, sign),
      path ? h('code', null, ph.visible(path)) : null,
      typeof a === 'string' && typeof b === 'string' && a.length + b.length > 60
        ? textChange(a, b)
        : h(
            'span',
            null,
            a === undefined ? null : said(a, 'del'),
            a !== undefined && b !== undefined ? ' ' : null,
            b === undefined ? null : said(b, 'ins'),
          ),
    );
  }

  const short = (value) => {
    const text = asText(value);
    return text.length > 1200 ? text.slice(0, 1200) + '…' : text;
  };
  const asText = (value) => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

  function textChange(before, after) {
    const parts = ph.diffText(before, after);
    if (!parts)
      return h(
        'div',
        null,
        h('span', { class: 'rx-label' }, 'before'),
        ph.textBlock(before),
        h('span', { class: 'rx-label' }, 'after'),
        ph.textBlock(after),
      );
    const tags = { same: 'span', removed: 'del', added: 'ins' };
    return h(
      'div',
      { class: 'rx-block' },
      h(
        'div',
        { class: 'rx-text', dir: 'auto' },
        parts.map(([change, text]) => ph.appendText(h(tags[change]), text)),
      ),
    );
  }
})();
