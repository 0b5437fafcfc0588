// Listens to /api/events and says what arrived: one connection per visible tab, none when hidden.
(function () {
  "use strict";
  const QUIET_MS = 1500; // at most one redraw in this time, however much arrives
  const WORDS = { live: "Live", connecting: "Connecting", lost: "No connection" };
  let source = null;
  let version = 0;
  let retry = 0;
  let waiting = null;
  let publishedAt = -Infinity;
  let current = "connecting";

  function show(state) {
    current = state;
    const place = document.getElementById("live-state");
    if (!place || place.dataset.state === state) return;
    place.dataset.state = state;
    document.getElementById("live-words").textContent = WORDS[state];
  }

  function publish() {
    waiting = null;
    publishedAt = performance.now();
    window.dash_clientside.set_props("live", { data: { version, retry } });
  }

  function publishSoon() {
    if (waiting !== null) return;
    const wait = Math.max(0, publishedAt + QUIET_MS - performance.now());
    waiting = setTimeout(publish, wait);
  }

  function receive(event) {
    show("live");
    let arrived = 0;
    try {
      arrived = Number(JSON.parse(event.data).version) || 0;
    } catch (error) {
      return; // a comment line or an event of a newer server
    }
    if (arrived <= version) return;
    const page = document.getElementById("page");
    const drawn = (page && Number(page.dataset.version)) || arrived; // not drawn yet: it will be newer
    const missed = version === 0 ? arrived > drawn : true;
    version = arrived;
    if (missed) publishSoon();
  }

  function connect() {
    if (source || document.hidden) return;
    source = new EventSource("/api/events");
    source.onopen = () => show("live");
    source.onmessage = receive;
    ["changed", "version", "run"].forEach((name) => source.addEventListener(name, receive));
    source.onerror = () => {
      show(source && source.readyState === EventSource.CLOSED ? "lost" : "connecting");
      if (source && source.readyState === EventSource.CLOSED) {
        source = null;
        setTimeout(connect, 3000);
      }
    };
  }

  function disconnect() {
    if (source) source.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) disconnect();
    else connect();
  });
  window.addEventListener("pagehide", disconnect);
  window.addEventListener("load", connect);
  window.playheadLive = {
    /** Say the state again: the first one may have come before the frame was drawn. */
    show: () => show(current),
    /** Draw the page again, also where nothing arrived. */
    refresh() {
      retry += 1;
      publish();
    },
  };
})();
