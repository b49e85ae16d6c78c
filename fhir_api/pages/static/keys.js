"use strict";
// The keyboard: "/" goes to the search box; arrows move among results, Enter opens one, Escape goes back to the box.
(() => {
  const box = () => document.getElementById("search");
  const rows = () => [...document.querySelectorAll("[data-row] a[href]")];
  const typing = (target) => target.matches("input, textarea, select, [contenteditable]");

  const move = (step) => {
    const links = rows();
    const place = links.indexOf(document.activeElement);
    if (place < 0 && step < 0) return false;
    const next = place + step;
    if (next < 0) box()?.focus();
    else links[Math.min(next, links.length - 1)]?.focus();
    return links.length > 0;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inBox = event.target === box();
    if (typing(event.target) && !inBox) return;
    if (event.key === "/" && !inBox) {
      event.preventDefault();
      box()?.focus();
      box()?.select();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const among = inBox || event.target.closest("[data-row]");
      if (among && move(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    } else if (event.key === "Escape" && !inBox && event.target.closest("[data-row]")) {
      box()?.focus();
    }
  });
})();
