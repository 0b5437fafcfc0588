/* Pieces that several panels are made of. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h } = ph;

  ph.panels = {};

  /** A part of a panel: heading, a quiet note beside it, content. */
  ph.panels.section = (title, note, ...content) =>
    h(
      'section',
      { class: 'rx-section' },
      h('h3', null, title, note ? h('small', null, note) : null),
      content,
    );

  ph.panels.pairs = function pairs(values) {
    return h(
      'dl',
      { class: 'rx-pairs' },
      Object.entries(values)
        .filter(([, v]) => v !== null && v !== undefined)
        .map(([key, value]) => [
          h('dt', null, ph.visible(key)),
          h(
            'dd',
            { class: 'mono' },
            typeof value === 'object' && !(value instanceof ph.Literal)
              ? ph.tree(value)
              : ph.textBlock(String(value), { mono: true }),
          ),
        ]),
    );
  };

  /** A step as a button that leads to it. */
  ph.panels.stepLink = function stepLink(x, row, note) {
    const o = x.outline;
    return h(
      'button',
      {
        type: 'button',
        class: 'rx-step-link ' + ph.kindClass(o.kind(row)),
        onclick: () => x.select(row),
      },
      ph.icon(o.kind(row)),
      h('b', { dir: 'auto' }, ph.visible(o.name(row).slice(0, 80))),
      note ? h('span', { class: 'rx-dim' }, note) : null,
      ph.icon('right'),
    );
  };
})();
