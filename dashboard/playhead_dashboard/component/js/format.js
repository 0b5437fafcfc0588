/* Numbers into words. The unknown is said to be unknown, never drawn as zero. */
(function () {
  'use strict';
  const ph = window.playhead_dashboard.parts;
  const MS = 1e6,
    S = 1e9,
    MIN = 60 * S,
    HOUR = 60 * MIN,
    DAY = 24 * HOUR;

  /** Nanoseconds as a duration; NaN and null are unknown. */
  ph.duration = function duration(ns) {
    if (!known(ns)) return 'unknown';
    if (ns === 0) return '0 ms';
    if (ns < 1e3) return Math.round(ns) + ' ns';
    if (ns < MS) return Math.round(ns / 1e3) + ' µs';
    if (ns < 10 * MS) return (ns / MS).toFixed(1) + ' ms';
    if (ns < S) return Math.round(ns / MS) + ' ms';
    if (ns < MIN) return (ns / S).toFixed(2) + ' s';
    if (ns < HOUR) return split(ns, MIN, 'm', S, 's');
    if (ns < DAY) return split(ns, HOUR, 'h', MIN, 'm');
    return split(ns, DAY, 'd', HOUR, 'h');
  };

  function split(ns, big, bigWord, small, smallWord) {
    const total = Math.round(ns / small),
      per = big / small;
    return Math.floor(total / per) + bigWord + ' ' + (total % per) + smallWord;
  }

  const known = (x) => x !== null && x !== undefined && !Number.isNaN(x);
  ph.known = known;

  /** A position on the axis, as short as the step between two marks allows. */
  ph.axisTime = function axisTime(ns, step) {
    if (ns < 1) return '0';
    if (step < MS) return (ns / MS).toFixed(step < 1e5 ? 2 : 1) + ' ms';
    if (step < S && ns < S) return Math.round(ns / MS) + ' ms';
    if (ns < MIN)
      return (ns / S).toFixed(step < 10 * MS ? 3 : step < 100 * MS ? 2 : step < S ? 1 : 0) + ' s';
    const minutes = Math.floor(ns / MIN),
      seconds = (ns % MIN) / S;
    const tail =
      step < S
        ? seconds.toFixed(1).padStart(4, '0')
        : String(Math.floor(seconds + 1e-6)).padStart(2, '0');
    if (minutes < 60) return minutes + ':' + tail;
    const clock = (Math.floor(minutes / 60) % 24) + 'h' + String(minutes % 60).padStart(2, '0');
    return ns < DAY ? clock : Math.floor(ns / DAY) + 'd ' + clock;
  };

  /** US dollars, as on the other pages (panels/format.py); takes a decimal string or a number. */
  ph.usd = function usd(value) {
    if (!known(value)) return 'unknown';
    const amount = Number(value);
    if (amount === 0) return '$0';
    if (amount < 1e-6) return '<$0.000001';
    const digits = amount >= 1000 ? 0 : amount >= 1 ? 2 : amount >= 0.001 ? 4 : 6;
    return (
      '$' +
      amount.toLocaleString('en-US', {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      })
    );
  };

  /** The cost of many calls: a sum, a lower bound, or unknown. */
  ph.cost = function cost(usd, unknownCalls) {
    if (!known(usd)) return unknownCalls ? 'unknown' : '–';
    return unknownCalls ? '≥ ' + ph.usd(usd) : ph.usd(usd);
  };

  ph.count = function count(value) {
    if (!known(value)) return 'unknown';
    if (value >= 1e6) return (value / 1e6).toFixed(1) + 'M';
    if (value >= 1e4) return (value / 1e3).toFixed(1) + 'k';
    return String(value);
  };

  ph.bytes = function bytes(length) {
    if (length < 1024) return length + ' B';
    if (length < 1048576) return (length / 1024).toFixed(length < 10240 ? 1 : 0) + ' kB';
    return (length / 1048576).toFixed(1) + ' MB';
  };

  ph.plural = (n, word) => n + ' ' + word + (n === 1 ? '' : 's');

  ph.KIND_WORDS = {
    model_call: 'model call',
    tool_call: 'tool call',
    http_attempt: 'HTTP attempt',
    handoff: 'hand-off',
  };
  ph.kindWord = (kind) => ph.KIND_WORDS[kind] || kind;

  /** Wall-clock time of a step, in the reader's zone, with the zone's name. */
  ph.clock = function clock(ns) {
    if (!known(ns)) return 'unknown';
    const date = new Date(ns / MS);
    const zone = {
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'short',
    };
    const day = date.toLocaleDateString('sv-SE');
    return day + ' ' + date.toLocaleTimeString('en-GB', zone);
  };

  // --- JSON that keeps what a double cannot -----------------------------------------------------

  /** A number whose text differs from what JavaScript would print: `1.0`, or more than 53 bits. */
  ph.Literal = class Literal {
    constructor(source) {
      this.source = source;
    }
    toJSON() {
      return JSON.rawJSON ? JSON.rawJSON(this.source) : Number(this.source);
    }
    toString() {
      return this.source;
    }
  };

  /** Parse JSON without changing a number; costs a reviver only where one is needed. */
  ph.parseExact = function parseExact(text) {
    if (!/\d{16}|\d\.\d*0[,\]}\s]|\d[eE]/.test(text)) return JSON.parse(text);
    return JSON.parse(text, (_key, value, context) =>
      typeof value === 'number' && context && context.source !== String(value)
        ? new ph.Literal(context.source)
        : value,
    );
  };

  /** The number behind a value that may be a Literal; null stays null. */
  ph.number = (value) => (value instanceof ph.Literal ? Number(value.source) : value);

  ph.stringify = (value) => JSON.stringify(value, null, 2);
})();
