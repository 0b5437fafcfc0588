/* The state of the run at the playhead, and what changed in it. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const { h } = ph;
  const { stepLink } = ph.panels;

  function stateBox(c, draw) {
    const row = c.x.outline.checkpointAt(c.row);
    if (row < 0) return null;
    const box = h('div', { class: 'rx-state' }),
      outline = c.x.outline;
    if (row === c.row) {
      draw(box, c.detail, row);
      return box;
    }
    const ready = c.x.store.ready.get(outline.ids[row]);
    if (ready) {
      draw(box, ready, row);
      return box;
    }
    box.append(h('div', { class: 'rx-skeleton' }));
    c.x.store.step(outline.ids[row]).then(
      (detail) => {
        box.replaceChildren();
        draw(box, detail, row);
      },
      (error) =>
        box.replaceChildren(
          h('p', { class: 'rx-dim' }, 'The state could not be read: ' + ph.visible(error.message)),
        ),
    );
    return box;
  }

  const changed = (detail) => (detail.state || []).filter((change) => change.change !== 'same');

  function stateTitle(c, row, detail) {
    const o = c.x.outline,
      at = Number.isNaN(o.stepIndex[row])
        ? 'at this moment'
        : o.stepIndex[row] < 0
          ? 'before the input'
          : `after superstep ${o.stepIndex[row]}`;
    return [
      h(
        'h3',
        null,
        row === c.row ? 'What changed' : 'State ' + at,
        h(
          'small',
          null,
          `${changed(detail).length} of ${(detail.state || []).length} keys${row === c.row ? '' : ' changed'}`,
        ),
      ),
      row === c.row ? null : stepLink(c.x, row, ph.rowNote(o, row)),
    ];
  }

  ph.panels.stateSummary = function stateSummary(c) {
    const own = c.x.outline.kind(c.row) === 'checkpoint';
    return stateBox(c, (box, detail, row) => {
      box.append(...stateTitle(c, row, detail).filter(Boolean));
      const changes = changed(detail);
      if (!detail.state) box.append(h('p', { class: 'rx-dim' }, 'The state was not captured.'));
      else if (!changes.length) box.append(h('p', { class: 'rx-dim' }, 'No key changed.'));
      if (own) box.append(...changes.slice(0, 20).map(ph.changeCard));
      else
        box.append(
          h(
            'ul',
            { class: 'rx-keys' },
            (detail.state || [])
              .slice(0, 30)
              .map((s) =>
                h(
                  'li',
                  { class: 'is-' + s.change },
                  h(
                    'i',
                    { class: 'rx-sign', title: s.change },
                    { added: '+', changed: '~', removed: '−' }[s.change] || '',
                  ),
                  h('b', null, ph.visible(s.key)),
                  h(
                    'span',
                    { class: 'mono' },
                    ph.oneLine(s.change === 'removed' ? s.before : s.after, 70),
                  ),
                ),
              ),
          ),
        );
      if (detail.state && detail.state.length)
        box.append(
          h(
            'button',
            { type: 'button', class: 'rx-more', onclick: () => c.openTab('state') },
            'The whole state',
          ),
        );
    });
  };

  ph.panels.stateFull = function stateFull(c) {
    const empty = h('p', { class: 'rx-dim' }, 'No state was recorded up to this step.');
    return (
      stateBox(c, (box, detail, row) => {
        box.append(...stateTitle(c, row, detail).filter(Boolean));
        const same = (detail.state || []).filter((s) => s.change === 'same');
        box.append(...changed(detail).map(ph.changeCard));
        if (same.length)
          box.append(h('h3', null, 'Unchanged', h('small', null, ph.plural(same.length, 'key'))));
        box.append(
          ...same.map((s) =>
            h(
              'details',
              { class: 'rx-card' },
              h(
                'summary',
                null,
                h('b', null, ph.visible(s.key)),
                h('span', { class: 'rx-dim mono' }, ph.oneLine(s.after, 60)),
              ),
              ph.value(s.after ?? null),
            ),
          ),
        );
      }) || empty
    );
  };
})();
