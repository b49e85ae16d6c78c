"use strict";
// Keys, on every page. [data-key="x"] is what the key x activates; [data-row] is what the arrows move among. A key that
// prints may be the first of a scan: it is held for a moment before it acts, and a scan goes to the search box.
(() => {
  const HELD = 80; // milliseconds: nobody's second key comes sooner, and nobody notices
  const SCAN = 4; // as many keys, each sooner than that, are nobody's fingers

  const box = () => document.getElementById("search");
  const keys = () => document.getElementById("keys");
  const typing = (target) =>
    target.matches?.("input:not([type=radio], [type=checkbox], [type=submit]), textarea, select, [contenteditable]");
  const printing = (event) => event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;

  const move = (step) => {
    const all = [...document.querySelectorAll("[data-row] a[href]")];
    const next = all.indexOf(document.activeElement) + step;
    if (next < 0) box()?.focus();
    else all[Math.min(next, all.length - 1)]?.focus();
    return all.length > 0;
  };

  const press = (key) => {
    const element = document.querySelector(`[data-key="${CSS.escape(key)}"]:not([hidden])`);
    if (!element) return false;
    if (typing(element)) element.focus();
    else element.click();
    if (element === box()) element.select();
    element.dispatchEvent(new CustomEvent("keyed", { bubbles: true }));
    return true;
  };

  const steps = { j: 1, k: -1 };
  const open = () => document.querySelector("dialog[open]");
  const act = (key) =>
    !open() && (press(key) || press(key.toLowerCase()) || (key in steps && move(steps[key])));

  let held = [];
  let waiting;
  const release = () => {
    clearTimeout(waiting);
    const due = held.splice(0);
    due.forEach(({ key }) => act(key));
  };
  const hold = (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    held.push({ key: event.key, at: event.timeStamp });
    if (held.length < SCAN) return void (waiting = setTimeout(release, HELD));
    const text = held.map(({ key }) => key).join("");
    document.dispatchEvent(new CustomEvent("scan", { detail: { text, count: held.length, from: held[0].at } }));
    held = [];
  };

  const leave = (target) => {
    if (typing(target)) {
      if (target !== box()) target.blur();
      return target !== box();
    }
    if (press("Escape")) return true;
    if (target.closest?.("[data-row]")) box()?.focus();
    return false;
  };

  // No scan begins with the two that act at once, nor with a key that is kept down; a space of its own scrolls.
  const strike = (event) => {
    if (event.repeat) release();
    if (held.length || !(event.repeat || "/? ".includes(event.key))) hold(event);
    else if (act(event.key)) event.preventDefault();
  };

  const moves = { ArrowDown: 1, ArrowUp: -1 };
  const elsewhere = (target) => target === document.body || target.id === "content" || target === box();
  const steer = (event) => {
    const { key, target } = event;
    if (key === "Escape") return leave(target);
    if (!(key in moves) || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (target.closest?.("[data-row]") || (key === "ArrowDown" && elsewhere(target))) return move(moves[key]);
    return false;
  };

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.defaultPrevented || event.isComposing) return;
    if (!printing(event)) {
      if (!event.getModifierState?.(key)) release();
      if (!open() && steer(event)) event.preventDefault();
    } else if (typing(target)) {
      if (key === "/" && target === box() && !target.value) event.preventDefault();
    } else {
      strike(event);
    }
  });

  // A place within the page gets the focus; the address tells it, and going back does not go through all of them.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    const place = link && document.getElementById(link.hash.slice(1));
    if (!place || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.replaceState(history.state, "", link.hash);
    if (!place.hasAttribute("tabindex")) place.setAttribute("tabindex", "-1");
    place.scrollIntoView();
    place.focus({ preventScroll: true });
  });

  // What the keys of this page do, as the page itself calls it.
  const called = (element) => {
    const copy = (element.closest("label") ?? element).cloneNode(true);
    copy.querySelectorAll("kbd, small, .count, input").forEach((one) => one.remove());
    return element.getAttribute("aria-label") ?? copy.textContent.replace(/^\s*←/, "").trim();
  };
  const line = (element) => {
    const [row, term, cap, text] = ["div", "dt", "kbd", "dd"].map((name) => document.createElement(name));
    cap.textContent = element.dataset.key === "Escape" ? "Esc" : element.dataset.key;
    text.textContent = called(element);
    term.append(cap);
    row.append(term, text);
    row.dataset.own = "";
    return row;
  };
  const tell = () => {
    const list = keys().querySelector("dl");
    list.querySelectorAll("[data-own]").forEach((one) => one.remove());
    list.append(...[...document.querySelectorAll("[data-key]:not([hidden])")].map(line));
    keys().showModal();
  };
  addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-tells-keys]");
    button.hidden = false;
    button.addEventListener("click", tell);
  });
})();
