/* What is said of a row: its length, the few words beside its name, and all of it in a sentence. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const STATUS_ICON = {
    error: 'error',
    running: 'running',
    lost: 'lost',
    interrupted: 'paused',
    cancelled: 'cancelled',
  };
  const MOMENTS = new Set(['checkpoint', 'interrupt', 'decision', 'signal']);
  ph.STATUS_ICON = STATUS_ICON;
  ph.NO_LENGTH = '–';

  ph.durationOf = function durationOf(o, row) {
    const status = o.status(row);
    if (o.dur[row] === 0 && MOMENTS.has(o.kind(row))) return ph.NO_LENGTH; // an event
    if (!Number.isNaN(o.dur[row]) && status !== 'running') return ph.duration(o.dur[row]);
    return status === 'running' || status === 'lost' ? status : 'unknown';
  };

  /** The few words beside a name: what was chosen, what failed, which keys changed, what was asked. */
  ph.rowNote = function rowNote(o, row) {
    const detail = o.detail(row);
    if (o.detached.has(row)) return 'parent never arrived';
    if (!detail) return o.http[row] >= 100 ? String(o.http[row]) : '';
    if (Array.isArray(detail.chosen)) return '→ ' + (detail.chosen.join(', ') || 'nothing');
    if (detail.error) return ph.errorWords(detail.error).slice(0, 160);
    if (detail.question || detail.answer)
      return text(detail.question || detail.answer).slice(0, 160);
    if (Array.isArray(detail.changed_keys)) return detail.changed_keys.join(', ').slice(0, 160);
    return '';
  };

  const text = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

  ph.errorWords = function errorWords(error) {
    if (typeof error === 'string') return error;
    return [error.type, error.message].filter(Boolean).join(': ') || JSON.stringify(error);
  };

  /** A row in one sentence, for those who do not see it. */
  ph.describe = function describe(o, row) {
    const words = [ph.kindWord(o.kind(row)), o.name(row).slice(0, 200), o.status(row)];
    const length = ph.durationOf(o, row);
    if (length !== o.status(row)) words.push(length);
    if (o.attemptsOf(row) > 1) words.push(`attempt ${o.attempt[row]} of ${o.attemptsOf(row)}`);
    const note = ph.rowNote(o, row);
    if (note) words.push(note);
    return ph.visible(words.join(', '));
  };
})();
