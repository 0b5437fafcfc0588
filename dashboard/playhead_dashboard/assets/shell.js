// The frame: navigation without reload, keys, theme, time range, copy, retry. No page logic.
(function () {
  "use strict";
  const RANGE_DEFAULT = "30d";
  const GO_TO = { o: "overview", r: "runs", c: "costs", f: "failures" };
  const GO_TO_MS = 1200; // how long after "g" the second key counts
  const TYPING_MS = 350; // pause after which a search counts as typed
  let typing = null;
  let goPressedAt = -Infinity;

  /** Go to an address of ours the way dcc.Location notices: Back works, nothing reloads. */
  function go(href, { replace = false } = {}) {
    window.history[replace ? "replaceState" : "pushState"]({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  }

  function isPage(url) {
    return (
      url.origin === window.location.origin &&
      !/^\/(api|assets|v1|_dash)/.test(url.pathname)
    );
  }

  function withParam(name, value, standard) {
    const url = new URL(window.location.href);
    if (!value || value === standard) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
    return url.pathname + url.search;
  }

  function pageName(pathname) {
    const head = pathname.split("/")[1];
    return head === "" ? "overview" : head;
  }

  /** Mark the page in the rail, carry the range along, name the tab. */
  function markPage() {
    const { pathname, search } = window.location;
    const range = new URLSearchParams(search).get("range");
    const here = pageName(pathname);
    document.querySelectorAll("[data-rail]").forEach((link) => {
      if (link.dataset.rail === here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
      const base = link.getAttribute("href").split("?")[0];
      link.setAttribute("href", range ? `${base}?range=${encodeURIComponent(range)}` : base);
    });
    const select = document.getElementById("range");
    if (select) {
      const known = [...select.options].some((option) => option.value === range);
      select.value = known ? range : RANGE_DEFAULT;
      select.hidden = /^\/runs\/./.test(pathname);
    }
    const title = here.charAt(0).toUpperCase() + here.slice(1);
    document.title = `${title} · playhead`;
  }

  function setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    try {
      window.localStorage.setItem("playhead.theme", theme);
    } catch (error) {
      console.info("playhead: this browser keeps no settings");
    }
    tellTheme();
  }

  /** Charts and grids cannot read CSS variables: tell them which theme is on. */
  function tellTheme() {
    window.dash_clientside.set_props("theme-name", { data: document.documentElement.dataset.theme });
  }

  function toggleTheme() {
    setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  }

  function announce(words) {
    const place = document.getElementById("announce");
    if (place) place.textContent = words;
  }

  async function copy(button) {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch (error) {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.appendChild(area);
      area.select();
      document.execCommand("copy"); // no clipboard permission on plain http
      area.remove();
    }
    announce("Copied");
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 1500);
  }

  async function loadDemo(button) {
    const words = button.textContent;
    button.disabled = true;
    button.textContent = "Loading the demo runs…";
    const answer = await fetch("/api/demo", {
      method: "POST",
      headers: { "content-type": "application/json", "x-playhead-csrf": "1" },
      body: "{}",
    });
    button.disabled = false;
    button.textContent = answer.ok ? words : "The demo could not be loaded. Try again";
    if (answer.ok) window.playheadLive.refresh();
  }

  function openHelp() {
    const dialog = document.getElementById("help");
    if (dialog && !dialog.open) dialog.showModal();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) {
      if (button.id === "theme-toggle") toggleTheme();
      else if (button.id === "help-button") openHelp();
      else if ("copy" in button.dataset) copy(button);
      else if ("demo" in button.dataset) loadDemo(button);
      else if ("retry" in button.dataset) window.playheadLive.refresh();
      return;
    }
    const link = event.target.closest("a[href]");
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (!isPage(url) || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    go(url.pathname + url.search);
  });

  document.addEventListener("change", (event) => {
    if (event.target.id === "range") go(withParam("range", event.target.value, RANGE_DEFAULT));
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-search]");
    if (!form) return;
    event.preventDefault();
    clearTimeout(typing);
    go(withParam("q", form.querySelector("input").value.trim(), ""));
  });

  document.addEventListener("input", (event) => {
    if (!event.target.closest("form[data-search]")) return;
    clearTimeout(typing);
    const q = event.target.value.trim();
    typing = setTimeout(() => go(withParam("q", q, ""), { replace: true }), TYPING_MS);
  });

  function goTo(key) {
    const link = document.querySelector(`[data-rail="${GO_TO[key]}"]`);
    if (link) link.click();
    return Boolean(link);
  }

  /** Move the focus among the links of a chart with the arrow keys: one tab stop for all of them. */
  function rove(event) {
    const place = event.target.closest("[data-roving]");
    const columns = place && Number(place.dataset.roving);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (!place || !step) return false;
    const links = [...place.querySelectorAll("a[href], .heat-none")];
    let at = links.indexOf(event.target) + step;
    while (links[at] && !links[at].href) at += Math.sign(step) * (Math.abs(step) > 1 ? columns : 1);
    if (!links[at]) return true;
    event.target.tabIndex = -1;
    links[at].tabIndex = 0;
    links[at].focus();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (rove(event)) {
      event.preventDefault();
      return;
    }
    if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
    const now = performance.now();
    if (now - goPressedAt < GO_TO_MS && event.key in GO_TO) {
      goPressedAt = -Infinity;
      if (goTo(event.key)) event.preventDefault();
      return;
    }
    goPressedAt = event.key === "g" ? now : -Infinity;
    if (event.key === "?") openHelp();
    else if (event.key === "t") toggleTheme();
    else if (event.key === "/") {
      const search = document.querySelector("input[type=search]");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    }
  });

  window.playheadShell = { go, withParam, announce };
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.shell = {
    /** The part of the address for which the server must draw: pages that redraw themselves
        (the runs grid, a run) count by path only, the others by search and by what arrived. */
    route(pathname, search, live, before) {
      markPage();
      if (!before) {
        tellTheme();
        window.playheadLive.show();
      }
      const alone = pathname === "/runs" || pathname.startsWith("/runs/");
      const route = {
        path: pathname,
        search: search || "",
        version: alone ? 0 : (live && live.version) || 0,
        retry: (live && live.retry) || 0,
      };
      const same =
        before &&
        before.path === route.path &&
        before.version === route.version &&
        before.retry === route.retry &&
        (alone || before.search === route.search);
      if (same) return window.dash_clientside.no_update;
      if (!before || before.path !== route.path) {
        window.scrollTo(0, 0);
      }
      return route;
    },
  };
})();
