"use strict";
// A citizen's chart: plots are drawn from the table of values beneath them.
(() => {
  const chart = () => document.querySelector(".chart");
  // What the banner covers, so that nothing is brought into view beneath it. Where it is too long it scrolls by keys.
  const told = new ResizeObserver(([{ target }]) => {
    document.documentElement.style.setProperty("--covered", `${target.offsetHeight}px`);
    target.tabIndex = target.scrollHeight > target.clientHeight ? 0 : -1;
  });
  const measure = () => {
    const banner = document.querySelector(".chart .banner");
    if (banner) told.observe(banner);
    else document.documentElement.style.setProperty("--covered", "0px");
  };
  document.addEventListener("DOMContentLoaded", measure);
  document.addEventListener("htmx:afterSettle", measure);

  // What replaces the place of the focus gets it: the same link where there still is one, else the whole.
  let left;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    const within = target.contains(document.activeElement) && document.activeElement;
    const mark = (name) => within.getAttribute(name) && `[${name}="${CSS.escape(within.getAttribute(name))}"]`;
    const same = within && (mark("href") || mark("name"));
    left = within ? { same, id: target.id, before: target.previousElementSibling } : undefined;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!left || document.activeElement !== document.body) return;
    const come = left.id ? document.getElementById(left.id) : left.before?.nextElementSibling;
    const same = left.same && come?.querySelector(left.same);
    if (!same) come?.setAttribute("tabindex", "-1");
    (same || come)?.focus({ preventScroll: true });
    left = undefined;
  });

  // uPlot is fetched with the first plot.
  let plotter;
  const fetched = () => {
    plotter ??= new Promise((resolve, reject) => {
      const { plotScript, plotStyle } = chart().dataset;
      const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: plotStyle });
      const script = Object.assign(document.createElement("script"), { src: plotScript });
      script.onload = () => resolve(window.uPlot);
      script.onerror = reject;
      document.head.append(style, script);
    });
    return plotter;
  };

  const points = (figure) => {
    const rows = figure.closest(".series").querySelectorAll("tr[data-seconds]");
    const told = [...rows].map(({ dataset }) => [Number(dataset.seconds), dataset.value]);
    return told.sort((one, other) => one[0] - other[0]);
  };

  const limit = (text) => (text === "" ? null : Number(text));

  // The reference range, shaded; an open end reaches the edge.
  const shade = (low, high, colour) => (plot) => {
    if (low === null && high === null) return;
    const { left, top, width, height } = plot.bbox;
    const place = (value, edge) => (value === null ? edge : plot.valToPos(value, "y", true));
    const from = Math.max(top, place(high, top));
    const to = Math.min(top + height, place(low, top + height));
    plot.ctx.save();
    plot.ctx.fillStyle = colour;
    if (to > from) plot.ctx.fillRect(left, from, width, to - from);
    plot.ctx.restore();
  };

  const timeZone = "Asia/Ho_Chi_Minh";
  const day = (seconds) => new Date(seconds * 1000).toLocaleDateString("en-GB", { timeZone });

  // A comma in Vietnamese, where a point groups thousands; nothing is grouped.
  const digits = (text) => (document.documentElement.lang === "vi" ? text.replace(".", ",") : text);
  const tick = (value) => digits(String(Number(value.toPrecision(12))));

  // Ticks are days apart, as they tell the day alone; so a plot is a day wide at least.
  const DAY = 86400;
  const steps = [1, 2, 3, 5, 7, 10, 15, 30, 60, 90, 180, 365, 730, 1825, 3650].map((days) => days * DAY);
  const width = (_, first, last) => {
    const margin = Math.max((last - first) * 0.02, (DAY - (last - first)) / 2);
    return [first - margin, last + margin];
  };

  const draw = async (figure) => {
    const uPlot = await fetched();
    if (figure.childElementCount) return;
    const { name, unit, date, low, high } = figure.dataset;
    const ends = [limit(low), limit(high)];
    const style = getComputedStyle(document.body);
    const ink = style.getPropertyValue("--ink");
    const line = style.getPropertyValue("--accent");
    const grid = { stroke: style.getPropertyValue("--line"), width: 1 };
    const size = () => ({ width: Math.max(figure.clientWidth, 280), height: 260 });
    const told = points(figure);
    const values = [told.map((one) => one[0]), told.map((one) => Number(one[1]))];
    const all = values[1].concat(ends.filter((end) => end !== null));
    const span = Math.max(...all) - Math.min(...all) || Math.abs(all[0]) || 1;
    const plot = new uPlot(
      {
        ...size(),
        cursor: { drag: { x: false, y: false } },
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timeZone),
        scales: { x: { range: width }, y: { range: [Math.min(...all) - span * 0.1, Math.max(...all) + span * 0.1] } },
        hooks: { drawClear: [shade(...ends, style.getPropertyValue("--good-soft"))] },
        axes: [
          { stroke: ink, grid, space: 90, incrs: steps, values: (_, ticks) => ticks.map(day) },
          { stroke: ink, grid, size: 64, values: (_, ticks) => ticks.map(tick) },
        ],
        series: [
          { label: date, value: (_, seconds) => (seconds == null ? "" : day(seconds)) },
          {
            label: unit ? `${name} (${unit})` : name,
            value: (_, value, __, index) => (value == null ? "" : digits(told[index][1])),
            stroke: line, width: 2, points: { show: true, size: 7 },
          },
        ],
      },
      values,
      figure,
    );
    new ResizeObserver(() => plot.setSize(size())).observe(figure);
  };

  const drawAll = () => document.querySelectorAll("figure[data-plot]").forEach((figure) => void draw(figure));
  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("htmx:afterSettle", drawAll);
})();
