/* The page reads without any of this: here the table gets a chart. */
(() => {
  "use strict";
  const percent = (it) => `${it < 1 ? Math.min(99, Math.round(it * 100)) : 100} %`;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const place = document.getElementById("chart");
  const said = JSON.parse(place.dataset.chart);
  const points = said.points;
  if (points.length === 0) {
    return;
  }

  /* Bounds, names and the frontier are drawn by hand: uPlot's own legend knows lines only. */
  function drawPoints(u) {
    const { ctx } = u;
    const scale = devicePixelRatio || 1;
    ctx.save();
    ctx.font = `${12 * scale}px ${getComputedStyle(document.body).fontFamily}`;
    ctx.lineWidth = 2 * scale;
    ctx.setLineDash([]);
    points.forEach((it) => {
      const x = u.valToPos(it.price, "x", true);
      const [y, low, high] = [it.score, it.low, it.high].map((v) => u.valToPos(v, "y", true));
      const tint = colour(it.frontier ? "--accent" : "--point");
      ctx.strokeStyle = tint;
      ctx.fillStyle = it.frontier ? tint : colour("--back");
      ctx.globalAlpha = 0.35;
      ctx.beginPath();
      ctx.moveTo(x, low);
      ctx.lineTo(x, high);
      ctx.stroke();
      ctx.globalAlpha = 1;
      ctx.beginPath();
      ctx.arc(x, y, 5 * scale, 0, 2 * Math.PI);
      ctx.fill();
      ctx.stroke();
      ctx.fillStyle = colour("--fore");
      ctx.fillText(it.letter, x + 9 * scale, y - 7 * scale);
    });
    ctx.restore();
  }

  const axis = { stroke: () => colour("--quiet"), ticks: { show: false } };
  const money = (it) => (it === 0 ? "$0" : `$${Number(it.toPrecision(2))}`);
  const most = points[points.length - 1].price;
  const lowest = Math.min(...points.map((it) => it.low));
  const options = {
    width: place.clientWidth,
    height: 340,
    hooks: { draw: [drawPoints] },
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { time: false, range: () => [0, most * 1.12 || 1] },
      y: { range: () => [Math.max(0, lowest - 0.05), 1.02] },
    },
    axes: [
      { ...axis, grid: { show: false }, label: said.axis, labelSize: 22, values: (_, all) => all.map((it) => (said.dollars ? money(it) : String(it))) },
      { ...axis, grid: { stroke: () => colour("--line"), width: 1 }, size: 56, values: (_, all) => all.map(percent) },
    ],
    series: [
      {},
      { label: "score", paths: () => null, points: { show: false } },
      { label: "frontier", stroke: () => colour("--accent"), width: 2, dash: [6, 4], spanGaps: true, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } },
    ],
  };
  const data = [
    points.map((it) => it.price),
    points.map((it) => it.score),
    points.map((it) => (it.frontier ? it.score : null)),
  ];
  place.hidden = false;
  const plot = new uPlot(options, data, place);
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: 340 })).observe(place);
  const redraw = () => plot.redraw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.body, { attributes: true, attributeFilter: ["class"] });

  const text = document.getElementById("chart-said");
  const tell = (it) => {
    text.textContent = `${it.letter} ${it.name}: ${percent(it.score)} (${percent(it.low)} to ${percent(it.high)}) at ${it.shown}${it.frontier ? ", on the frontier" : ""}.`;
  };
  let at = -1;
  place.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -points.length, End: points.length }[event.key];
    if (step === undefined) {
      return;
    }
    event.preventDefault();
    at = Math.max(0, Math.min(points.length - 1, at + step));
    plot.setCursor({ left: plot.valToPos(points[at].price, "x"), top: plot.valToPos(points[at].score, "y") });
    tell(points[at]);
  });
  plot.over.addEventListener("mousemove", (event) => {
    const away = (it) => Math.hypot(plot.valToPos(it.price, "x") - event.offsetX, plot.valToPos(it.score, "y") - event.offsetY);
    const nearest = points.reduce((a, b) => (away(b) < away(a) ? b : a));
    if (away(nearest) < 60) {
      tell(nearest);
    }
  });
})();
