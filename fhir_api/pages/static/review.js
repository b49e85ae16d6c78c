// The review: j and k move among pairs, digits choose a decision, letters the grounds; u opens what was
// decided last, Escape goes back.
(() => {
  const typing = (target) => target.matches("input:not([type=radio]), textarea, select, [contenteditable]");
  const help = () => document.getElementById("keys");

  const move = (step) => {
    const all = [...document.querySelectorAll("[data-row] a[href]")];
    const here = all.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(here + step, all.length - 1));
    all[next]?.focus();
    return all.length > 0;
  };

  // The next thing to fill in after a decision was chosen: the grounds, those that are chosen already first.
  const choose = (key) => {
    const radio = document.querySelector(`form.decision input[data-key="${CSS.escape(key)}"]`);
    if (!radio) return false;
    radio.checked = true;
    const grounds = radio.name === "act" ? document.querySelectorAll("input[name=ground]") : [radio];
    ([...grounds].find((one) => one.checked) ?? grounds[0])?.focus();
    if (radio.value === "other") document.getElementById("note").focus();
    return true;
  };

  const toggle = () => {
    if (!help()) return false;
    help().open = !help().open;
    help().querySelector("summary").focus();
    return true;
  };

  const follow = (link) => {
    link?.click();
    return Boolean(link);
  };

  const leave = () => (help()?.open ? toggle() : follow(document.querySelector("a[data-back]")));

  const acts = (event) => {
    const { key, target } = event;
    if (key === "Escape" && typing(target)) {
      if (target.id === "search") return false;
      target.blur();
      return true;
    }
    if (typing(target)) return false;
    const among = target.closest?.("[data-row]");
    if (key === "j" || (key === "ArrowDown" && !among && target.type !== "radio" && document.querySelector("[data-row]"))) return move(1);
    if (key === "k") return move(-1);
    if (key === "?") return toggle();
    if (key === "u") return follow(document.querySelector(".done a"));
    if (key === "Escape") return leave();
    if (key === "n" && document.getElementById("note")) {
      document.getElementById("note").focus();
      return true;
    }
    return /^[1-9a-e]$/.test(key) && choose(key);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (acts(event)) event.preventDefault();
  });

  // Sent once; what comes back with the browser's history can be sent again.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form.decision")) event.target.querySelector("button").disabled = true;
  });
  addEventListener("pageshow", () => {
    document.querySelectorAll("form.decision button").forEach((button) => (button.disabled = false));
  });
})();
