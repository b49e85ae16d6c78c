"use strict";
// The review: a key that chose a decision leads on to its grounds, those that are chosen already first.
(() => {
  document.addEventListener("keyed", ({ target }) => {
    if (!target.matches("form.decision input[type=radio]")) return;
    const grounds = target.name === "act" ? [...document.querySelectorAll("input[name=ground]")] : [target];
    (grounds.find((one) => one.checked) ?? grounds[0])?.focus();
    if (target.value === "other") document.getElementById("note").focus();
  });

  // Sent once; what comes back with the browser's history can be sent again.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form.decision")) event.target.querySelector("button").disabled = true;
  });
  addEventListener("pageshow", () => {
    document.querySelectorAll("form.decision button").forEach((button) => (button.disabled = false));
  });
})();
