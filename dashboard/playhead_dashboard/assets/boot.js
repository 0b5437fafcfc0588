// Runs in the head, before the first paint, so that a dark page never flashes white.
(function () {
  "use strict";
  let theme = null;
  try {
    theme = window.localStorage.getItem("playhead.theme");
  } catch (error) {
    theme = null; // storage is off: follow the system
  }
  if (theme !== "light" && theme !== "dark") {
    theme = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  document.documentElement.dataset.theme = theme;
})();
