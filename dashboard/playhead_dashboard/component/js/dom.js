/* Elements, icons and text. Data reaches the page through text nodes only, never as markup.
 *
 * All files of this folder are classic scripts under one name, `window.playhead_dashboard.parts`:
 * Dash renders as soon as its last script ran, and ES modules are deferred until after that. */
(function () {
  'use strict';
  const root = (window.playhead_dashboard = window.playhead_dashboard || {});
  const ph = (root.parts = root.parts || {});
  const SVG = 'http://www.w3.org/2000/svg';

  /** Make an element: `h('div', {class: 'x', onclick: f}, 'text', child, null)`. */
  ph.h = function h(tag, props, ...children) {
    const element = document.createElement(tag);
    assign(element, props);
    append(element, children);
    return element;
  };

  /** The same for SVG. */
  ph.s = function s(tag, props, ...children) {
    const element = document.createElementNS(SVG, tag);
    assign(element, props);
    append(element, children);
    return element;
  };

  function assign(element, props) {
    for (const [key, value] of Object.entries(props || {})) {
      if (value === null || value === undefined) continue;
      if (key.startsWith('aria-')) {
        element.setAttribute(key, String(value));
        continue;
      }
      if (value === false) continue;
      if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
      else element.setAttribute(key, value === true ? '' : String(value));
    }
  }

  function append(element, children) {
    for (const child of children.flat(3)) {
      if (child === null || child === undefined || child === false) continue;
      element.append(child instanceof Node ? child : String(child));
    }
  }

  /** Put other children into an element; what is not there (null) is left out. */
  ph.fill = function fill(element, ...children) {
    element.replaceChildren();
    append(element, children);
  };

  // Drawn in a 16 x 16 box with round strokes; the word before the path says the element.
  const ICONS = {
    workflow: [
      'circle 4 8 2',
      'circle 12 4 2',
      'circle 12 12 2',
      'M6 8h2M8 8c2 0 1-4 2-4M8 8c2 0 1 4 2 4',
    ],
    agent: ['rect 3 5 10 8 2', 'M8 2v3M6 9h.01M10 9h.01'],
    node: ['rect 2.5 4 11 8 2'],
    model_call: ['M8 1.8l1.6 4.6 4.6 1.6-4.6 1.6L8 14.2 6.4 9.6 1.8 8l4.6-1.6z'],
    tool_call: [
      'M10.5 2.5a3.2 3.2 0 00-3 4.4L2.6 11.8a1.1 1.1 0 001.6 1.6l4.9-4.9a3.2 3.2 0 004.2-4l-1.9 1.9-1.6-.4-.4-1.6 1.9-1.9a3.2 3.2 0 00-.8 0z',
    ],
    decision: ['M8 1.8L14.2 8 8 14.2 1.8 8z'],
    handoff: ['M2 5.5h9M8.5 2.5l3 3-3 3M14 10.5H5M7.5 7.5l-3 3 3 3'],
    retrieval: ['circle 7 7 4.2', 'M10.2 10.2L14 14'],
    embedding: [
      'circle 4 4 1.4',
      'circle 12 5 1.4',
      'circle 7 12 1.4',
      'M5.2 4.7l5.4.2M4.6 5.3l1.9 5.4M11 6l-3.2 4.8',
    ],
    checkpoint: ['M4 2.5v11M4 3h8l-2 2.8L12 8.6H4'],
    interrupt: ['circle 8 5 2.6', 'M3 13.5c.6-2.8 2.6-4.2 5-4.2s4.4 1.4 5 4.2'],
    signal: ['M3 9.5a5 5 0 0110 0M5.4 9.5a2.6 2.6 0 015.2 0M8 9.6v3.6'],
    timer: ['circle 8 8.6 5.2', 'M8 5.8v3l2 1.2M6.4 1.8h3.2'],
    guardrail: ['M8 1.8l5 1.8v4.2c0 3-2.2 5.2-5 6.4-2.8-1.2-5-3.4-5-6.4V3.6z'],
    memory: [
      'rect 4 4 8 8 1.5',
      'M6 1.8V4M10 1.8V4M6 12v2.2M10 12v2.2M1.8 6H4M1.8 10H4M12 6h2.2M12 10h2.2',
    ],
    evaluation: ['M2.5 8.5l3.2 3.2L13.5 4'],
    http_attempt: [
      'circle 8 8 6',
      'M2 8h12M8 2c2 2 2.6 4 2.6 6s-.6 4-2.6 6c-2-2-2.6-4-2.6-6S6 4 8 2z',
    ],
    boundary: ['M8 1.8v2.4M8 6.6v2.8M8 11.8v2.4M2.5 8h2.5M11 8h2.5'],
    custom: ['circle 8 8 3'],
    // statuses
    ok: ['M3 8.5l3.2 3.2L13 4.6'],
    error: ['circle 8 8 6', 'M8 4.8v3.8M8 11.2h.01'],
    running: ['M13.8 8A5.8 5.8 0 118 2.2'],
    paused: ['M5.5 3.5v9M10.5 3.5v9'],
    cancelled: ['circle 8 8 6', 'M4 4l8 8'],
    lost: ['M3 3l10 10M13 3L3 13'],
    // actions
    search: ['circle 7 7 4.5', 'M10.5 10.5L14 14'],
    play: ['fill M5 3l8 5-8 5z'],
    pause: ['M5.5 3.5v9M10.5 3.5v9'],
    next: ['fill M4 3.5l6 4.5-6 4.5z', 'M12.2 3.5v9'],
    previous: ['fill M12 3.5L6 8l6 4.5z', 'M3.8 3.5v9'],
    up: ['M4 10l4-4 4 4'],
    down: ['M4 6l4 4 4-4'],
    right: ['M6 4l4 4-4 4'],
    close: ['M4 4l8 8M12 4l-8 8'],
    copy: ['rect 5.5 5.5 8 8 1.5', 'M10.5 3.5v-.5a1 1 0 00-1-1H3.5a1 1 0 00-1 1v6a1 1 0 001 1H4'],
    link: [
      'M6.7 9.3l2.6-2.6M7.3 4.7l1.5-1.5a2.5 2.5 0 013.6 3.6l-1.6 1.5M8.7 11.3l-1.5 1.5a2.5 2.5 0 01-3.6-3.6l1.6-1.5',
    ],
    path: ['M2 12h3.5V8h4V4H14'],
    follow: ['M2.5 4h7M4.5 8h7M6.5 12h7'],
    compress: ['M2 8h4M10 8h4M4 5.5L6.5 8 4 10.5M12 5.5L9.5 8l2.5 2.5'],
    collapse: ['M4 3l4 3.5L12 3M4 13l4-3.5 4 3.5'],
    expand: ['M4 6l4-3.5L12 6M4 10l4 3.5 4-3.5'],
    filter: ['M2.5 3.5h11L9.5 8.5v4l-3-1.5V8.5z'],
    warning: ['M8 2.2l6.2 11.3H1.8z', 'M8 6.5v3M8 11.5h.01'],
    dots: ['M3.5 8h.01M8 8h.01M12.5 8h.01'],
  };

  function shape(spec) {
    const [word, ...rest] = spec.split(' ');
    if (word === 'circle') return ph.s('circle', { cx: rest[0], cy: rest[1], r: rest[2] });
    if (word === 'rect') {
      return ph.s('rect', { x: rest[0], y: rest[1], width: rest[2], height: rest[3], rx: rest[4] });
    }
    if (word === 'fill') return ph.s('path', { d: rest.join(' '), fill: 'currentColor' });
    return ph.s('path', { d: spec });
  }

  /** Return the hidden sprite that `icon()` refers to; one per component. */
  ph.sprite = function sprite() {
    const symbols = Object.entries(ICONS).map(([name, specs]) =>
      ph.s('symbol', { id: 'rx-i-' + name, viewBox: '0 0 16 16' }, specs.map(shape)),
    );
    return ph.s('svg', { class: 'rx-sprite', 'aria-hidden': 'true', width: 0, height: 0 }, symbols);
  };

  /** Return an icon by name; an unknown kind gets the one of `custom`. */
  ph.icon = function icon(name, cls) {
    const use = ph.s('use', { href: ph.iconHref(name) });
    return ph.s(
      'svg',
      { class: 'rx-icon ' + (cls || ''), 'aria-hidden': 'true', viewBox: '0 0 16 16' },
      use,
    );
  };

  ph.iconHref = (name) => '#rx-i-' + (name in ICONS ? name : 'custom');

  const PLAIN = /^[a-z_]+$/;

  /** Return the class that sets `--k`, the colour of a kind. */
  ph.kindClass = (kind) => 'k-' + (PLAIN.test(kind) ? kind : 'custom');

  /** A button with an icon and, optionally, a word. */
  ph.button = function button(props, iconName, label) {
    return ph.h(
      'button',
      { type: 'button', ...props },
      iconName && ph.icon(iconName),
      label && ph.h('span', null, label),
    );
  };

  /** Copy text and say so on the button for a moment. */
  ph.copyButton = function copyButton(label, getText) {
    const word = ph.h('span', null, label);
    const button = ph.h(
      'button',
      { type: 'button', class: 'rx-copy', title: 'Copy' },
      ph.icon('copy'),
      word,
    );
    button.addEventListener('click', async () => {
      word.textContent = (await copied(getText())) ? 'Copied' : 'Copy failed';
      setTimeout(() => {
        word.textContent = label;
      }, 1400);
    });
    return button;
  };

  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false; // no permission, or the page is not in focus: the button says so
    }
  }
  ph.copied = copied;

  // C0 and C1 controls other than tab and newline, and the marks that reorder or hide text.
  const UNSEEN =
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

  /** Return the text with control characters as visible symbols. */
  ph.visible = (text) => String(text).replace(UNSEEN, symbol);

  // Names, not the pictures at U+2400: few fonts have those.
  const NAMES = {
    0: 'NUL',
    7: 'BEL',
    8: 'BS',
    12: 'FF',
    13: 'CR',
    27: 'ESC',
    127: 'DEL',
    0x202e: 'RLO',
    0x202d: 'LRO',
    0x200b: 'ZWSP',
    0xfeff: 'BOM',
  };

  function symbol(character) {
    const code = character.charCodeAt(0);
    return (
      '\u27e8' + (NAMES[code] || 'U+' + code.toString(16).toUpperCase().padStart(4, '0')) + '\u27e9'
    );
  }

  /** Append text to an element; what cannot be seen becomes a marked symbol. */
  ph.appendText = function appendText(element, text) {
    let from = 0;
    for (const match of text.matchAll(UNSEEN)) {
      if (match[0] === '\r' && text[match.index + 1] === '\n') continue; // a Windows line end is no surprise
      element.append(
        text.slice(from, match.index),
        ph.h('span', { class: 'rx-unseen' }, symbol(match[0])),
      );
      from = match.index + match[0].length;
    }
    element.append(from ? text.slice(from) : text);
    return element;
  };
})();
