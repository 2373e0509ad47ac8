/* The page reads without any of this: here tables become a chart, and get a filter. */
(() => {
  "use strict";
  const percent = (it) => (it === null || it === undefined ? "–" : `${it < 1 ? Math.min(99, Math.round(it * 100)) : 100} %`);
  const byId = (id) => document.getElementById(id);

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function dots(name, size, hollow) {
    const fill = () => colour(hollow ? "--back" : name);
    return { show: true, size, width: 1.5, stroke: () => colour(name), fill };
  }

  function seriesOf(said) {
    const value = (_, it) => percent(it);
    const none = () => null;
    const last = said.series[0].length - 1;
    const best = { label: "best so far", width: 2.5, stroke: () => colour("--accent"), fill: () => colour("--wash"), points: { show: false }, value };
    const all = [
      { label: "trial", value: (_, it) => it ?? last + 1 },
      { label: "all of validation", stroke: () => colour("--point"), fill: () => colour("--point"), paths: none, points: dots("--point", 8, false), value },
      { label: "minibatch", stroke: () => colour("--point"), paths: none, points: dots("--point", 7, true), value },
      { ...best, paths: uPlot.paths.stepped({ align: 1 }) },
    ];
    const data = said.series.slice();
    if (!said.series[2].some((it) => it !== null)) {
      all.splice(2, 1);
      data.splice(2, 1);
    }
    if (said.base !== null) {
      const base = { label: "unoptimized", width: 1.5, dash: [5, 5], stroke: () => colour("--quiet"), points: { show: false }, value };
      all.push(base);
      data.push(said.series[0].map(() => said.base));
    }
    return { all, data };
  }

  function options(place, said, all) {
    const trials = said.series[0];
    const font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { stroke: () => colour("--quiet"), font, ticks: { show: false } };
    const whole = (u, splits) => splits.map((it) => (Number.isInteger(it) ? String(it) : ""));
    return {
      width: place.clientWidth,
      height: 300,
      cursor: { drag: { x: false, y: false }, points: { size: 10, width: 2 } },
      legend: { live: true },
      scales: {
        x: { time: false, range: () => [trials[0] - 0.5, trials[trials.length - 1] + 0.5] },
        y: { range: (_, low, high) => [Math.max(0, low - 0.05), Math.min(1.02, high + 0.05)] },
      },
      axes: [
        { ...axis, grid: { show: false }, values: whole, space: 36, size: 30, label: "trial", labelSize: 20, labelGap: 2, labelFont: font },
        { ...axis, grid: { stroke: () => colour("--line"), width: 1 }, size: 56, values: (_, splits) => splits.map(percent) },
      ],
      series: all,
    };
  }

  function drawChart(place) {
    const said = JSON.parse(place.dataset.chart);
    const { all, data } = seriesOf(said);
    place.hidden = false;
    const plot = new uPlot(options(place, said, all), data, place);
    new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: 300 })).observe(place);
    const redraw = () => plot.redraw();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    new MutationObserver(redraw).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    goByKeys(place, plot, said);
    const atRest = () => requestAnimationFrame(() => plot.setLegend({ idx: said.series[0].length - 1 }, false));
    plot.over.addEventListener("mouseleave", atRest);
    atRest();
    byId("trials-table").open = false;
  }

  function goByKeys(place, plot, said) {
    const [trials, full, part, best] = said.series;
    let at = -1;
    place.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -trials.length, End: trials.length }[event.key];
      if (step === undefined) {
        return;
      }
      event.preventDefault();
      at = Math.max(0, Math.min(trials.length - 1, at + step));
      const score = full[at] ?? part[at];
      plot.setCursor({ left: plot.valToPos(trials[at], "x"), top: plot.valToPos(score, "y") });
      const measured = full[at] === null ? " on a minibatch" : "";
      byId("chart-said").textContent = `Trial ${trials[at]}: ${percent(score)}${measured}, best so far ${percent(best[at])}.`;
    });
  }

  function filterExamples(form) {
    const rows = [...document.querySelectorAll("tr[data-change]")];
    const texts = rows.map((it) => it.textContent.toLowerCase());
    const apply = () => {
      const wanted = new FormData(form);
      const change = wanted.get("show");
      const text = wanted.get("text").trim().toLowerCase();
      let count = 0;
      rows.forEach((row, at) => {
        const fits = (!change || row.dataset.change === change) && texts[at].includes(text);
        row.hidden = !fits;
        count += fits ? 1 : 0;
      });
      byId("shown").textContent = count === rows.length ? "" : `${count} of ${rows.length} shown`;
      byId("nothing").hidden = count > 0;
    };
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  const place = byId("chart");
  if (place) {
    drawChart(place);
  }
  const form = byId("filter");
  if (form) {
    filterExamples(form);
  }
})();
