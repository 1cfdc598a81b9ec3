/* Coverage: the calendar of analysed time with what was lost, and the map of the sites. */
const LOSSES = { gap: "gaps", quarantine: "bad files", clipping: "clipping", edge: "edges" };

function calendar() {
  const show = () => document.getElementById("choose-coverage").value;
  const rowHeight = () => page.data.deployments.length <= 8 ? 26 : page.data.deployments.length <= 40 ? 16 : 9;
  document.getElementById("choose-coverage").addEventListener("change", () => draw(page.charts.find(one => one.box.id === "calendar")));
  chart("calendar", width => {
    const { days, deployments, coverage } = page.data, what = show();
    const cells = [], crosses = [], tips = [], values = [];
    for (let row = 0; row < deployments.length; row++) for (let day = 0; day < days; day++) {
      const place = row * days + day, scheduled = coverage.scheduled[place], analysed = coverage.analysed[place];
      const text = [`${deployments[row].name}, ${dayName(day)}`, `${duration(analysed)} of ${duration(scheduled)} analysed`];
      for (const [loss, words] of Object.entries(LOSSES)) if (coverage[loss][place] && coverage[loss][place] < NO_SECONDS) text.push(`lost to ${words}: ${duration(coverage[loss][place])}`);
      const lost = ["quarantine", "clipping", "edge"].some(loss => coverage[loss][place] > 0 && coverage[loss][place] < NO_SECONDS);
      if (!scheduled) continue;
      if (!analysed && lost) crosses.push([day, row]);
      const value = what === "analysed" ? analysed : coverage[what][place];
      if (what === "analysed" ? !analysed : value >= NO_SECONDS) { if (!lost) continue; }
      else { values.push(value); cells.push([day, row, value]); tips.push({ text, dataIndex: cells.length - 1 }); }
    }
    const top = values.reduce((most, value) => Math.max(most, value), 0);
    const stops = what === "analysed" ? page.data.stops.coverage : [[0, "#f7efe9"], [0.6, "#c4643f"], [1, "#5e1f10"]];
    legend("calendar", stops, "0", `${duration(top)} a day`);
    const left = Math.min(170, 24 + 7.6 * deployments.reduce((most, one) => Math.max(most, one.name.length), 0), width / 3);
    const texts = new Map(tips.map(tip => [tip.dataIndex, tip.text]));
    return {
      words: `Calendar of ${what === "analysed" ? "analysed sound" : "sound lost to " + LOSSES[what]}, ${deployments.length} deployments by ${days} days`,
      tips: { cells: tips, columns: days },
      grid: { left, right: 12, top: 6, bottom: 26, show: true, backgroundColor: hatching(), borderWidth: 0 },
      xAxis: dayAxis(0, days - 1),
      yAxis: { type: "category", inverse: true, data: deployments.map(one => one.name), axisTick: { show: false }, axisLine: { show: false }, axisLabel: { color: STYLE.muted, width: left - 12, overflow: "truncate", hideOverlap: true } },
      tooltip: { ...TIP, formatter: given => given.seriesIndex ? lines([`${deployments[given.value[1]].name}, ${dayName(given.value[0])}`, "recorded, but all of it lost"]) : lines(texts.get(given.dataIndex)) },
      visualMap: colouring(stops, 0, top),
      series: [
        heat(cells, { itemStyle: days * deployments.length < 4000 ? { borderColor: "#fff", borderWidth: 1 } : {} }),
        { type: "scatter", data: crosses, symbol: "path://M0,0 L10,10 M10,0 L0,10", symbolSize: 7, itemStyle: { borderColor: STYLE.lost, borderWidth: 1.6, color: "none" } },
      ],
    };
  }, { height: () => Math.max(70, page.data.deployments.length * rowHeight() + 34), click: given => { const value = given.value || given; if (Array.isArray(value)) choosePlace(placeOfRow(value[1])); } });
}

/* Return the choice of place that means one deployment: its site where it is the only one there. */
function placeOfRow(row) {
  const { deployments, sites } = page.data, site = deployments[row].site;
  if (deployments.filter(one => one.site === site).length > 1) return `d${row}`;
  return sites.length > 1 ? `s${site}` : "all";
}

/* A map of the sites in metres around their middle, to scale, with a bar; it needs no network. */
function map() {
  if (!page.data.sites.some(site => site.position)) return;
  const known = page.data.sites.map((site, number) => ({ ...site, number })).filter(site => site.position);
  const middle = [0, 1].map(axis => (Math.min(...known.map(one => one.position[axis])) + Math.max(...known.map(one => one.position[axis]))) / 2);
  const metres = ([latitude, longitude]) => [111320 * (longitude - middle[1]) * Math.cos(middle[0] * Math.PI / 180), 110574 * (latitude - middle[0])];
  chart("map", width => {
    const height = 360, pad = 58;
    const points = known.map(one => metres(one.position));
    const reach = Math.max(200, ...points.map(([x]) => Math.abs(x) * 2 / (width - 2 * pad)).map(value => value * (height - 2 * pad)), ...points.map(([, y]) => Math.abs(y) * 2)) / 2;
    const wide = reach * (width - 2 * pad) / (height - 2 * pad);
    const steps = [1, 2, 5].flatMap(digit => Array.from({ length: 8 }, (_, power) => digit * 10 ** power)).sort((a, b) => a - b);
    const bar = steps.filter(step => step <= wide / 2).pop() || 1, pixels = bar / (2 * wide) * (width - 2 * pad);
    const { model: modelAt, source: sourceAt, from, to } = page.choice, of = page.data.models[modelAt];
    const shares = known.map(site => ratioInterval(rowsOf(`s${site.number}`).flatMap(row => daySums(of, sourceAt, row, from, to)))[0]);
    const top = Math.max(...shares.filter(Number.isFinite), 1e-9);
    const chosen = page.choice.place === "all" ? null : chosenSite();
    const data = known.map((site, place) => ({
      value: points[place], name: site.name, symbolSize: 9 + 25 * Math.sqrt((shares[place] || 0) / top),
      itemStyle: { color: source().colour, opacity: chosen === null || chosen === site.number ? 0.85 : 0.3, borderColor: chosen === site.number ? STYLE.ink : "#fff", borderWidth: chosen === site.number ? 2 : 1 },
    }));
    const tip = place => [known[place].name, `${known[place].position[0].toFixed(5)}, ${known[place].position[1].toFixed(5)} (WGS 84)`, `${source().common}: ${percent(shares[place])}`];
    const axis = { type: "value", axisLabel: { show: false }, axisTick: { show: false }, axisLine: { show: false }, splitLine: { lineStyle: { color: "#eeece5" } } };
    return {
      words: `Map of ${known.length} sites, size by acoustic occupancy of ${source().common}`,
      tips: { cells: data.map((_, place) => ({ text: tip(place), place })), columns: 1 },
      grid: { left: pad, right: pad, top: pad, bottom: pad, show: true, borderWidth: 0, backgroundColor: "transparent" },
      xAxis: { ...axis, min: -wide, max: wide }, yAxis: { ...axis, min: -reach, max: reach },
      tooltip: { ...TIP, formatter: given => lines(tip(given.dataIndex)) },
      graphic: [
        { type: "line", left: 16, bottom: 14, shape: { x1: 0, y1: 0, x2: pixels, y2: 0 }, style: { stroke: STYLE.ink, lineWidth: 2 } },
        { type: "text", left: 16, bottom: 22, style: { text: bar >= 1000 ? `${bar / 1000} km` : `${bar} m`, fill: STYLE.muted, font: `12px ${FONT.fontFamily}` } },
        { type: "text", right: 14, top: 10, style: { text: "N ↑", fill: STYLE.muted, font: `600 13px ${FONT.fontFamily}` } },
      ],
      series: [{ type: "scatter", data, label: { show: known.length <= 40, position: "right", distance: 6, color: STYLE.ink, formatter: given => given.name, width: 120, overflow: "truncate" }, labelLayout: { hideOverlap: true } }],
    };
  }, { height: () => 360, click: given => choosePlace(`s${known[given.place ?? given.dataIndex].number}`) });
}
