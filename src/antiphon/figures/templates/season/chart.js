/* A chart: an ECharts instance that is drawn when it comes into view, follows the choice, and is read by arrow keys. */
function chart(id, option, { items = null, click = null, height = null } = {}) {
  const box = document.getElementById(id);
  if (!box) return;
  const one = { box, option, items, click, instance: null, stale: true, cursor: -1, height };
  box.tabIndex = 0;
  box.setAttribute("role", "application");
  box.setAttribute("aria-roledescription", "chart");
  box.addEventListener("keydown", event => step(one, event));
  box.addEventListener("blur", () => one.instance && one.instance.dispatchAction({ type: "hideTip" }));
  page.charts.push(one);
}

/* Draw a chart anew from the choice. */
function draw(one) {
  if (one.height) one.box.style.height = `${one.height()}px`;
  if (!one.instance) {
    one.instance = echarts.init(one.box, null, { renderer: "canvas" });
    if (one.click) one.instance.on("click", one.click);
  }
  one.instance.resize();
  const option = one.option(one.box.clientWidth);
  one.box.setAttribute("aria-label", option.words);
  one.tips = option.tips || null;
  one.instance.setOption({ animation: false, textStyle: FONT, ...option }, { notMerge: true });
  one.stale = false;
  one.cursor = -1;
  one.box.dataset.drawn = "yes";
}

/* Draw what is in view now; the rest is drawn when it comes into view. */
function redraw() {
  for (const one of page.charts) one.stale = true;
  for (const one of page.charts) if (page.seen.has(one.box)) draw(one);
}

/* Put a copy of every chart beside it, one canvas each, for paper: of several layers a printer may forget some. */
function printAll() {
  drawAll();
  for (const one of page.charts) {
    const copy = one.instance.renderToCanvas({ pixelRatio: 2, backgroundColor: "#fff" });
    copy.className = "printed";
    copy.removeAttribute("style");
    if (one.printed) one.printed.remove();
    one.printed = copy;
    one.box.after(copy);
  }
}

function drawAll() {
  for (const one of page.charts) if (one.stale) draw(one);
}

/* Move through the values with the arrow keys; the value is shown and spoken. */
function step(one, event) {
  const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], Home: "first", End: "last" };
  const move = moves[event.key];
  if (event.key === "Enter" && one.click && one.tips && one.cursor >= 0) { one.click(one.tips.cells[one.cursor]); event.preventDefault(); return; }
  if (!move || !one.tips || !one.tips.cells.length) return;
  event.preventDefault();
  const { cells, columns } = one.tips;
  if (move === "first" || one.cursor < 0) one.cursor = 0;
  else if (move === "last") one.cursor = cells.length - 1;
  else one.cursor = Math.min(Math.max(one.cursor + move[0] + move[1] * (columns || 1), 0), cells.length - 1);
  const cell = cells[one.cursor];
  one.instance.dispatchAction({ type: "showTip", seriesIndex: cell.seriesIndex || 0, dataIndex: cell.dataIndex ?? one.cursor });
  document.getElementById("spoken").textContent = cell.text.join(", ");
}

const TIP = { confine: true, backgroundColor: "#fff", borderColor: STYLE.line, padding: [6, 10], textStyle: { color: STYLE.ink, fontSize: 12.5 } };

/* Axis of days. */
function dayAxis(from, to, extra = {}) {
  const labels = Array.from({ length: to - from + 1 }, (_, i) => isoDay(from + i));
  return {
    type: "category", data: labels, axisTick: { show: false }, axisLine: { lineStyle: { color: STYLE.muted } },
    axisLabel: { color: STYLE.muted, hideOverlap: true, formatter: (_, place) => shortDay(from + place) }, ...extra,
  };
}

/* Axis of hours that are cells, from 0 h at the bottom. */
function hourAxis(hours) {
  return {
    type: "category", data: Array.from({ length: hours }, (_, hour) => hourName(hour, hours)), axisTick: { show: false },
    axisLine: { show: false }, axisLabel: { show: false },
  };
}

/* Axis of shares. */
function shareAxis(extra = {}) {
  return {
    type: "value", min: 0, axisLabel: { color: STYLE.muted, formatter: value => `${+(100 * value).toPrecision(4)} %` },
    splitLine: { lineStyle: { color: STYLE.line } }, splitNumber: 4, ...extra,
  };
}

/* Series of a heat map; `cells` are [column, row, value]. */
function heat(cells, extra = {}) {
  return { type: "heatmap", data: cells, progressive: 0, emphasis: { itemStyle: { borderColor: STYLE.ink, borderWidth: 1 } }, ...extra };
}

/* A picture of cells, one pixel each, drawn without seams; an invisible heat map over it answers the pointer. */
function picture(cells, columns, rows, stops, low, high) {
  const colours = rampOf(stops, 256).map(text => text.match(/\d+/g).map(Number));
  const small = document.createElement("canvas");
  small.width = columns; small.height = rows;
  const pen = small.getContext("2d"), pixels = pen.createImageData(columns, rows);
  for (const [column, row, value] of cells) {
    const colour = colours[Math.round(255 * Math.min(Math.max((value - low) / (high - low || 1), 0), 1))], place = 4 * ((rows - 1 - row) * columns + column);
    pixels.data.set([...colour, 255], place);
  }
  pen.putImageData(pixels, 0, 0);
  const large = document.createElement("canvas"), grow = [Math.ceil(2400 / columns), Math.ceil(900 / rows)];
  large.width = columns * grow[0]; large.height = rows * grow[1];
  const brush = large.getContext("2d");
  brush.imageSmoothingEnabled = false;
  brush.drawImage(small, 0, 0, large.width, large.height);
  return [
    heat(cells, { z: 3, itemStyle: { color: "rgba(0,0,0,0)" } }),
    { type: "custom", silent: true, z: 1, data: [[0, 0]], renderItem: given => { const { x, y, width, height } = given.coordSys; return { type: "image", style: { image: large, x, y, width, height } }; } },
  ];
}

const CLEAR = { show: false, min: 0, max: 1, seriesIndex: 0, dimension: 2, inRange: { color: ["rgba(0,0,0,0)"] }, outOfRange: { color: ["rgba(0,0,0,0)"] } };

/* Hidden axis of bands, and the axis of kilohertz that is shown in its place. */
function bandAxes(edges) {
  const [low, high] = [edges[0] / 1000, edges[edges.length - 1] / 1000];
  return [
    { type: "category", data: edges.slice(0, -1).map((_, band) => bandName(edges, band)), show: false },
    { type: "value", position: "left", min: low, max: high, interval: (high - low) / 4, axisLabel: { color: STYLE.muted, formatter: value => `${+value.toFixed(1)} kHz` }, splitLine: { show: false } },
  ];
}

function colouring(stops, low, high, seriesIndex = 0) {
  return { show: false, min: low, max: high > low ? high : low + 1e-9, calculable: false, seriesIndex, dimension: 2, inRange: { color: rampOf(stops) } };
}

/* Two series that fill the space between the ends of an interval. */
function ribbon(low, high, colour, axis = {}) {
  const plain = { type: "line", silent: true, symbol: "none", lineStyle: { opacity: 0 }, stack: "ribbon", stackStrategy: "all", tooltip: { show: false }, z: 1, ...axis };
  return [
    { ...plain, data: low },
    { ...plain, data: high.map((value, place) => value === null || low[place] === null ? null : value - low[place]), areaStyle: { color: colour, opacity: 0.2 } },
  ];
}

const orNull = value => Number.isFinite(value) ? value : null;
