/* The long-term spectral average of one deployment, with sources laid over it. */
function longTerm() {
  const select = document.getElementById("choose-average");
  if (!select) return;
  for (const one of page.data.soundscape) select.append(new Option(page.data.deployments[one.deployment].name, one.deployment));
  const over = document.getElementById("choose-over");
  over.append(new Option("no source", "none"), new Option("the chosen source", "chosen"), new Option("all sources", "all"));
  over.value = "chosen";
  const again = () => draw(page.charts.find(one => one.box.id === "average"));
  select.addEventListener("change", again);
  over.addEventListener("change", again);
  chart("average", () => {
    if (page.choice.place !== "all" && !page.choice.rows.includes(Number(select.value))) {
      const fitting = page.data.soundscape.find(one => page.choice.rows.includes(one.deployment));
      if (fitting) select.value = fitting.deployment;
    }
    const one = page.data.soundscape.find(average => average.deployment === Number(select.value)) || page.data.soundscape[0];
    const { from, to } = page.choice, [bins, columns] = one.level.shape, edges = one.edges_hz;
    const first = Math.max((from - one.offset) * one.per_day, 0), end = Math.min((to + 1 - one.offset) * one.per_day, columns);
    const cells = [], tips = [], when = column => one.per_day === 1 ? dayName(one.offset + column) : `${dayName(one.offset + Math.floor(column / one.per_day))}, ${hourName(column % one.per_day, one.per_day)}`;
    const decibels = code => one.low + (code - 1) / 253 * (one.high - one.low);
    for (let column = first; column < end; column++) for (let bin = 0; bin < bins; bin++) {
      const code = one.level[bin * columns + column];
      if (!code) continue;
      tips.push({ dataIndex: cells.length, text: [`${when(column)}, ${bandName(edges, bin)}`, `${decibels(code).toFixed(1)} dB re ${one.reference}`] });
      cells.push([column - first, bin, decibels(code)]);
    }
    legend("average", page.data.stops.level, `${one.low.toFixed(0)}`, `${one.high.toFixed(0)} dB re ${one.reference}`);
    const layers = over.value === "none" ? [] : (over.value === "all" ? model().sources.map((_, number) => number) : [page.choice.source]).map(sourceAt => layer(one, sourceAt, first, end));
    const labels = Array.from({ length: Math.max(end - first, 1) }, (_, i) => when(first + i));
    return {
      words: `${page.data.deployments[one.deployment].name}: long-term average level by date and frequency`,
      tips: { cells: tips, columns: bins },
      grid: { left: 58, right: 12, top: 8, bottom: 28, show: true, backgroundColor: hatching(), borderWidth: 0 },
      xAxis: { type: "category", data: labels, axisTick: { show: false }, axisLabel: { color: STYLE.muted, hideOverlap: true, formatter: (_, place) => one.per_day === 1 ? shortDay(one.offset + first + place) : (first + place) % one.per_day ? (end - first > 72 ? "" : `${(first + place) % one.per_day} h`) : shortDay(one.offset + Math.floor((first + place) / one.per_day)) } },
      yAxis: bandAxes(edges),
      tooltip: { ...TIP, formatter: given => lines(tips[given.dataIndex].text) },
      visualMap: CLEAR,
      series: [...picture(cells, Math.max(end - first, 1), bins, page.data.stops.level, one.low, one.high), ...layers],
    };
  });
}

/* The outline of where a source is active at least half as much as where it is most active in view. */
function layer(average, sourceAt, first, end) {
  const of = model(), bands = of.edges_hz.length - 1, { days, deployments } = page.data, parts = of.band_times;
  const steps = average.per_day / parts >= 1 ? parts : 1, wide = average.per_day / steps;
  const shareAt = (time, band) => {
    if (band < 0 || band >= bands || time < 0 || time >= days * steps) return 0;
    const day = Math.floor(time / steps), within = parts === steps ? time % steps : 0;
    const code = of.time_band[((sourceAt * deployments.length + average.deployment) * days * parts + day * parts + within) * bands + band];
    return code === 255 ? 0 : (code / 254) ** 2;
  };
  const [begin, stop] = [first, end].map(column => average.offset * steps + Math.ceil(column / wide)), data = [];
  let top = 0;
  for (let time = begin; time < stop; time++) for (let band = 0; band < bands; band++) top = Math.max(top, shareAt(time, band));
  const inside = (time, band) => top > 0 && time >= begin && time < stop && shareAt(time, band) >= top / 2;
  for (let time = begin; time < stop; time++) for (let band = 0; band < bands; band++) {
    if (!inside(time, band)) continue;
    const x = (time - average.offset * steps) * wide - first - 0.5, [low, high] = [of.edges_hz[band] / 1000, of.edges_hz[band + 1] / 1000];
    if (!inside(time, band - 1)) data.push([x, low, x + wide, low]);
    if (!inside(time, band + 1)) data.push([x, high, x + wide, high]);
    if (!inside(time - 1, band)) data.push([x, low, x, high]);
    if (!inside(time + 1, band)) data.push([x + wide, low, x + wide, high]);
  }
  const colour = of.sources[sourceAt].colour;
  return {
    type: "custom", yAxisIndex: 1, silent: true, z: 6, data, encode: { x: [0, 2], y: [1, 3] }, name: of.sources[sourceAt].common,
    renderItem: (given, api) => {
      const column = given.coordSys.width / Math.max(end - first, 1), x = value => given.coordSys.x + (value + 0.5) * column;
      const y = value => api.coord([0, value])[1];
      const shape = { x1: x(api.value(0)), y1: y(api.value(1)), x2: x(api.value(2)), y2: y(api.value(3)) };
      return { type: "group", children: [
        { type: "line", shape, style: { stroke: "#fff", lineWidth: 3.4, opacity: 0.9, lineCap: "square" }, z2: 1 },
        { type: "line", shape, style: { stroke: colour, lineWidth: 2, lineCap: "square" }, z2: 2 },
      ] };
    },
  };
}
