"use strict";
// What is stated about the person while their chart is open is told in a corner of the page. Nothing else
// changes before somebody asks for it. Only a page that is looked at is told: a browser has few connections.
(() => {
  const place = document.querySelector(".news");
  if (!place) return;
  const link = place.querySelector("a");
  const off = place.querySelector("span");
  const texts = JSON.parse(place.dataset.texts);
  const counts = {};
  let { position } = place.dataset;
  let source, again;

  const phrase = ([kind, one, more]) => (counts[kind] > 1 ? more : one).replace("{count}", counts[kind]);

  const tell = (told) => {
    for (const [kind, count] of Object.entries(told)) counts[kind] = (counts[kind] ?? 0) + count;
    const known = texts.filter(([kind]) => counts[kind]);
    if (!known.length) return;
    link.textContent = `${known.map(phrase).join(", ")} – ${link.dataset.load}`;
    link.hidden = false;
  };

  const works = (does) => {
    off.hidden = does;
    off.textContent = does ? "" : place.dataset.off;
  };

  const close = () => {
    clearTimeout(again);
    source?.close();
    source = undefined;
  };

  // A browser comes back by itself to a server that was gone, but not to one that has refused.
  const open = () => {
    close();
    source = new EventSource(`${place.dataset.address}?after=${position}`);
    source.addEventListener("open", () => works(true));
    source.addEventListener("news", (event) => {
      position = event.lastEventId;
      tell(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      works(false);
      again = setTimeout(open, 60000);
    });
  };

  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    location.reload();
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  if (!document.hidden) open();
})();
