"use strict";
// The search box. What a scanner types is known by its speed and its form, and looked up by itself once it is silent:
// scanners end with Enter, with Tab, with nothing, or send Enter between lines. What was looked for stays with the entry
// of the browser's history, never in an address.
(() => {
  const SILENCE = 250; // milliseconds after which a scan is over
  const FAST = 40; // milliseconds a character at most, on average; fingers take more than 80
  const SHORTEST = 9; // characters of a code, and digits in it
  const CODE = /(\d\D*){9}|<</; // numbers of cards, or the filler of machine-readable lines
  const CARD = /(\|[^|]*){5}/; // the code of a card, which no other field of a page takes

  const box = () => document.getElementById("search");

  // What is typed without a pause. field: where; before: what stood there; text: of keys, for other fields.
  let burst;
  let timer;
  const count = (field, now, key = "") => {
    if (!burst || burst.field !== field || now - burst.last > SILENCE) {
      const before = field.selectionStart === field.selectionEnd ? field.value : "";
      burst = { field, from: now, count: 0, before, text: "" };
    }
    burst.count += 1;
    burst.last = now;
    burst.text += key;
    clearTimeout(timer);
    timer = setTimeout(end, SILENCE);
  };
  const fast = (now) =>
    burst?.count >= SHORTEST && now - burst.last < SILENCE && burst.last - burst.from <= burst.count * FAST;

  const scanned = () => {
    const all = box().value;
    return (all.startsWith(burst.before) ? all.slice(burst.before.length) : all).trim();
  };

  const end = () => {
    const { field, before, text, last } = burst;
    if (!fast(last)) return;
    if (field === box()) {
      if (!CODE.test(scanned())) return;
      field.value = scanned();
      field.form.requestSubmit();
    } else if (CARD.test(text)) {
      // A card that was scanned into another field: that stays as it was, and nothing that was written is left.
      field.value = before;
      box().value = text;
      box().focus();
    }
    burst = undefined;
  };

  document.addEventListener("scan", ({ detail }) => {
    document.querySelector("dialog[open]")?.close();
    box().value = detail.text;
    box().focus();
    const now = performance.now();
    burst = { field: box(), from: detail.from, last: now, count: detail.count, before: "", text: "" };
    clearTimeout(timer);
    timer = setTimeout(end, SILENCE);
  });

  document.addEventListener("beforeinput", (event) => {
    if (event.target === box() && event.inputType.startsWith("insert") && event.inputType !== "insertFromPaste")
      count(event.target, event.timeStamp);
  });

  const breaks = (event) => ["Enter", "Tab"].includes(event.key) || (event.ctrlKey && event.key === "j");
  document.addEventListener("keydown", (event) => {
    const { target, key, timeStamp } = event;
    if (breaks(event)) {
      if (burst?.field !== target || !fast(timeStamp)) return;
      if (!CODE.test(target === box() ? scanned() : burst.text)) return;
      event.preventDefault();
      if (target === box()) target.value += " ";
      burst.last = timeStamp;
      clearTimeout(timer);
      timer = setTimeout(end, SILENCE);
    } else if (target !== box() && key.length === 1 && target.matches?.("input[type=text], textarea")) {
      count(target, timeStamp, key);
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

  // Whether what is shown was put here by a look-up, in place of what the address names.
  let placed = false;
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (!form.matches?.("form.search") || !event.detail.successful) return;
    placed = true;
    remember(form.elements.text.value);
  });
  document.addEventListener("htmx:sendError", (event) => {
    const told = document.createElement("p");
    told.setAttribute("role", "alert");
    told.textContent = box()?.form.dataset.unreachable ?? "";
    if (event.detail.elt.matches?.("form.search")) document.getElementById("content").replaceChildren(told);
  });
  addEventListener("popstate", () => lookAgain() || (placed && location.reload()));
  // htmx takes the form over when the document is ready; after that, submitting it swaps the results in.
  document.addEventListener("htmx:load", lookAgain, { once: true });
})();
