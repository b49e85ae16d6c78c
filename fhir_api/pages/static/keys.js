"use strict";
// What these keys do stands in README.md.
(() => {
  const box = () => document.getElementById("search");
  const links = () => [...document.querySelectorAll("[data-row] a[href]")];
  const typing = (target) => target.matches("input:not([type=radio]), textarea, select, [contenteditable]");

  const move = (step) => {
    const all = links();
    const next = all.indexOf(document.activeElement) + step;
    if (next < 0) box()?.focus();
    else all[Math.min(next, all.length - 1)]?.focus();
    return all.length > 0;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inBox = event.target === box();
    if (typing(event.target) && !inBox) return;
    const amongResults = event.target.closest?.("[data-row]");
    if (event.key === "/" && !(inBox && box().value)) {
      event.preventDefault();
      box()?.focus();
      box()?.select();
    } else if (event.key === "ArrowDown" && (inBox || amongResults)) {
      if (move(1)) event.preventDefault();
    } else if (event.key === "ArrowUp" && amongResults) {
      if (move(-1)) event.preventDefault();
    } else if (event.key === "Escape" && amongResults) {
      box()?.focus();
    }
  });

  const remember = (text) => {
    if (history.state?.looked === text) return;
    if (history.state?.looked !== undefined) history.replaceState({ looked: text }, "", "/");
    else history.pushState({ looked: text }, "", "/");
  };

  const lookAgain = () => {
    const text = history.state?.looked;
    if (text === undefined || !box()) return false;
    box().value = text;
    box().form.requestSubmit();
    return true;
  };

  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (form.matches?.("form.search") && event.detail.successful) remember(form.elements.text.value);
  });
  document.addEventListener("htmx:sendError", (event) => {
    const told = document.createElement("p");
    told.setAttribute("role", "alert");
    told.textContent = box()?.form.dataset.unreachable ?? "";
    if (event.detail.elt.matches?.("form.search")) document.getElementById("content").replaceChildren(told);
  });
  addEventListener("popstate", () => lookAgain() || location.reload());
  // htmx takes the form over when the document is ready; after that, submitting it swaps the results in.
  document.addEventListener("htmx:load", lookAgain, { once: true });
})();
