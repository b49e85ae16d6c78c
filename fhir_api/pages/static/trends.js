"use strict";
// Draws what the table beneath tells; uPlot is fetched when there is something to draw.
(() => {
  const timeZone = "Asia/Ho_Chi_Minh";
  const day = (seconds) => new Date(seconds * 1000).toLocaleDateString("en-GB", { timeZone });

  const number = (value) => value.toLocaleString(document.documentElement.lang);

  const fetched = ({ plotScript, plotStyle }) =>
    new Promise((resolve, reject) => {
      const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: plotStyle });
      const script = Object.assign(document.createElement("script"), { src: plotScript });
      script.onload = () => resolve(window.uPlot);
      script.onerror = reject;
      document.head.append(style, script);
    });

  const draw = (uPlot, section, figure) => {
    const rows = [...section.querySelectorAll("tr[data-seconds]")].reverse();
    const names = figure.dataset.trend.split(" ");
    const column = (name) => rows.map(({ dataset }) => (dataset[name] === "" ? null : Number(dataset[name])));
    const style = getComputedStyle(document.body);
    const colours = ["--accent", "--warn"].map((name) => style.getPropertyValue(name));
    const axis = { stroke: style.getPropertyValue("--ink"), grid: { stroke: style.getPropertyValue("--line"), width: 1 } };
    const told = (name) => {
      const head = section.querySelector(`th[data-name="${name}"]`);
      return head.textContent + (head.dataset.unit ? ` (${head.dataset.unit})` : "");
    };
    const series = names.map((name, index) => ({
      label: told(name), value: (_, value) => (value == null ? "" : number(value)), stroke: colours[index], width: 2, points: { show: rows.length < 60, size: 5 },
    }));
    const size = () => ({ width: Math.max(figure.clientWidth, 240), height: 200 });
    const plot = new uPlot(
      {
        ...size(),
        cursor: { drag: { x: false, y: false } },
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timeZone),
        scales: { y: { range: (_, low, high) => [0, Math.max(high, 1) * 1.05] } },
        axes: [{ ...axis, space: 90, values: (_, ticks) => ticks.map(day) }, { ...axis, size: 64, values: (_, ticks) => ticks.map(number) }],
        series: [{ label: told("seconds"), value: (_, seconds) => (seconds == null ? "" : day(seconds)) }, ...series],
      },
      [column("seconds"), ...names.map(column)],
      figure,
    );
    new ResizeObserver(() => plot.setSize(size())).observe(figure);
  };

  document.addEventListener("DOMContentLoaded", async () => {
    const section = document.querySelector(".trend");
    const figures = section.querySelectorAll("figure[data-trend]");
    if (!figures.length) return;
    const uPlot = await fetched(section.dataset);
    figures.forEach((figure) => draw(uPlot, section, figure));
  });
})();
