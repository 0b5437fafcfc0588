/* Content: text blocks, JSON trees, messages. Everything is a text node, whatever it says. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h } = ph;
  const PREVIEW = 64 * 1024; // characters drawn before "show all"
  const CLIP_LINES = 14,
    CLIP_CHARS = 1400; // above this a block opens closed
  const TREE_LINES = 60; // lines of a JSON tree that open by themselves
  const BRANCH_MAX = 100; // children drawn at once

  /** A block of text as it was stated; long text is previewed and clipped, `open` shows it at once. */
  ph.textBlock = function textBlock(text, { mono = false, open = false, cls = '' } = {}) {
    const body = h('div', { class: `rx-text ${mono ? 'mono' : ''} ${cls}`, dir: 'auto' });
    const block = h('div', { class: 'rx-block' }, body);
    if (text === '') {
      body.append(h('i', { class: 'rx-dim' }, 'empty text'));
      return block;
    }
    const long = text.length > PREVIEW;
    ph.appendText(body, long ? text.slice(0, PREVIEW) : text);
    if (!open && (text.length > CLIP_CHARS || lines(text, CLIP_LINES) > CLIP_LINES))
      clip(block, body, text);
    if (long) {
      const rest = ph
        .bytes(text.length - PREVIEW)
        .replace('B', 'characters')
        .replace('k', 'k ')
        .replace('M', 'M ');
      const more = h('button', { type: 'button', class: 'rx-more' }, `Show all: ${rest} more`);
      more.addEventListener('click', () => {
        body.replaceChildren();
        ph.appendText(body, text);
        more.remove();
      });
      block.append(more);
    }
    return block;
  };

  function clip(block, body, text) {
    body.classList.add('clipped');
    const size = text.length > 4000 ? ` · ${ph.count(text.length)} characters` : '';
    const more = h(
      'button',
      { type: 'button', class: 'rx-more', 'aria-expanded': 'false' },
      'Show more' + size,
    );
    more.addEventListener('click', () => {
      const open = body.classList.toggle('clipped') === false;
      more.setAttribute('aria-expanded', open);
      more.textContent = open ? 'Show less' : 'Show more' + size;
    });
    block.append(more);
  }

  function lines(text, most) {
    let count = 1;
    for (let at = text.indexOf('\n'); at >= 0 && count <= most; at = text.indexOf('\n', at + 1))
      count += 1;
    return count;
  }

  /** Any recorded value: text as text, JSON as a tree; a text that is JSON itself offers both. */
  ph.value = function value(content, { open = false } = {}) {
    if (typeof content !== 'string') return h('div', { class: 'rx-block' }, ph.tree(content));
    const inside = parsed(content);
    if (inside === undefined) return ph.textBlock(content, { mono: true, open });
    const asTree = h('div', { class: 'rx-block' }, ph.tree(inside)),
      asText = ph.textBlock(content, { mono: true, open });
    const swap = h('button', { type: 'button', class: 'rx-more' }, 'JSON text · show as sent');
    const block = h('div', null, asTree, swap);
    swap.addEventListener('click', () => {
      const toText = block.contains(asTree);
      block.firstChild.replaceWith(toText ? asText : asTree);
      swap.textContent = toText ? 'Show as a tree' : 'JSON text · show as sent';
    });
    return block;
  };

  function parsed(text) {
    if (!/^\s*[[{]/.test(text) || text.length > PREVIEW * 8) return undefined;
    try {
      return ph.parseExact(text);
    } catch {
      return undefined;
    } // it only looked like JSON
  }

  /** A JSON value as lines that open and close; children are made when first opened. */
  ph.tree = function tree(value) {
    const budget = { lines: TREE_LINES };
    return h('div', { class: 'rx-tree mono' }, branch(null, value, budget, 0));
  };

  function branch(key, value, budget, level) {
    const label =
      key === null
        ? null
        : h('span', { class: 'rx-key' }, ph.visible(String(key).slice(0, 300)), ': ');
    if (value === null || typeof value !== 'object' || value instanceof ph.Literal) {
      return h('div', { class: 'rx-leaf' }, label, leaf(value));
    }
    const keys = Array.isArray(value) ? value.map((_, i) => i) : Object.keys(value);
    const [opens, closes] = Array.isArray(value) ? '[]' : '{}';
    if (!keys.length) return h('div', { class: 'rx-leaf' }, label, opens + closes);
    const open = level === 0 || (budget.lines > keys.length && level < 4);
    if (open) budget.lines -= keys.length;
    const inside = h('div', { class: 'rx-inside' });
    const draw = (from) => {
      for (const k of keys.slice(from, from + BRANCH_MAX))
        inside.append(branch(k, value[k], budget, level + 1));
      if (from + BRANCH_MAX < keys.length) {
        const more = h(
          'button',
          { type: 'button', class: 'rx-more' },
          `${keys.length - from - BRANCH_MAX} more`,
        );
        more.addEventListener('click', () => {
          more.remove();
          draw(from + BRANCH_MAX);
        });
        inside.append(more);
      }
    };
    const summary = h(
      'span',
      { class: 'rx-dim' },
      opens +
        (keys.length + (Array.isArray(value) ? ' items' : ' keys')).replace(/^1 (\w+)s$/, '1 $1') +
        closes,
    );
    const toggle = h(
      'button',
      { type: 'button', class: 'rx-fold', 'aria-expanded': open },
      label,
      summary,
    );
    toggle.addEventListener('click', () => {
      const now = toggle.getAttribute('aria-expanded') !== 'true';
      toggle.setAttribute('aria-expanded', now);
      inside.hidden = !now;
      if (now && !inside.firstChild) draw(0);
    });
    inside.hidden = !open;
    if (open) draw(0);
    return h('div', { class: 'rx-branch' }, toggle, inside);
  }

  function leaf(value) {
    if (typeof value === 'string') {
      const short = value.length > 2000;
      const text = ph.appendText(
        h('span', { class: 'rx-string', dir: 'auto' }),
        short ? value.slice(0, 2000) : value,
      );
      if (!short) return text;
      const more = h(
        'button',
        { type: 'button', class: 'rx-more' },
        `${ph.count(value.length - 2000)} more characters`,
      );
      more.addEventListener('click', () => {
        more.remove();
        text.replaceChildren();
        ph.appendText(text, value);
      });
      return h('span', null, text, more);
    }
    return h('span', { class: 'rx-atom' }, String(value));
  }

  /** One line of a value, for lists: never longer than `most`. */
  ph.oneLine = function oneLine(value, most = 90) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const line = ph.visible(
      (text === undefined ? 'nothing' : text).slice(0, most * 2).replace(/\s+/g, ' '),
    );
    return line.length > most ? line.slice(0, most - 1) + '…' : line;
  };

  // --- messages ---------------------------------------------------------------------------------

  /** One message of a prompt or an answer: its role, then its parts. */
  ph.message = function message(message, { open = false } = {}) {
    const role = String(message.role || 'message');
    const said = plain(message.parts || []);
    return h(
      'article',
      { class: 'rx-message role-' + (/^[a-z]+$/.test(role) ? role : 'other') },
      h(
        'header',
        null,
        h('b', null, ph.visible(role.slice(0, 60))),
        message.name ? h('span', { class: 'rx-dim' }, ph.visible(String(message.name))) : null,
        h('span', { class: 'rx-grow' }),
        said ? ph.copyButton('Copy', () => said) : null,
      ),
      (message.parts || []).length
        ? message.parts.map((p) => part(p, open))
        : h('div', { class: 'rx-block' }, h('i', { class: 'rx-dim' }, 'no content')),
    );
  };

  function part(part, open) {
    const content = part.content ?? part.text;
    if (part.type === 'tool_call')
      return card('tool_call', part.name, part.id, part.arguments, open);
    if (part.type === 'tool_call_response') return response(part, open);
    if (part.type === 'reasoning') {
      return h(
        'div',
        { class: 'rx-reasoning' },
        h('span', { class: 'rx-label' }, 'reasoning'),
        ph.textBlock(asText(content), { open }),
      );
    }
    if (part.type === 'text' && typeof content === 'string') return ph.textBlock(content, { open });
    return h(
      'div',
      null,
      h('span', { class: 'rx-label' }, ph.visible(String(part.type || 'part'))),
      ph.value(content ?? part, { open }),
    );
  }

  function card(kind, name, id, content, open) {
    return h(
      'div',
      { class: 'rx-card ' + ph.kindClass(kind) },
      h(
        'header',
        null,
        ph.icon(kind),
        h('b', null, ph.visible(String(name ?? 'unnamed tool'))),
        id ? h('code', { class: 'rx-dim' }, ph.visible(String(id))) : null,
      ),
      content === undefined || content === null
        ? h('div', { class: 'rx-block rx-dim' }, 'no arguments')
        : ph.value(content, { open }),
    );
  }

  function response(part, open) {
    const content = part.response ?? part.result ?? part.content;
    return h(
      'div',
      { class: 'rx-response' },
      part.id ? h('code', { class: 'rx-dim' }, ph.visible(String(part.id))) : null,
      ph.value(content ?? null, { open }),
    );
  }

  const asText = (content) =>
    typeof content === 'string' ? content : JSON.stringify(content ?? null, null, 2);

  function plain(parts) {
    return parts
      .map((p) => p.content ?? p.text ?? p.response ?? p.result ?? p.arguments ?? '')
      .map(asText)
      .join('\n');
  }
})();
