/* Where in frequency a source sounds: by hour of the day as a map, by part of the day as lines. */
const PARTS = { night: { colour: "#332288", type: "solid" }, dawn: { colour: "#CC6677", type: [6, 3] }, day: { colour: "#B8860B", type: [2, 2] }, dusk: { colour: "#117733", type: [8, 3, 2, 3] } };

const bandAt = (of, sourceAt, row, hour, band) => ((sourceAt * page.data.deployments.length + row) * of.hours + hour) * (of.edges_hz.length - 1) + band;

/* Return found and heard cells of one band in some hours, over the chosen deployments and the whole season. */
function bandSums(of, sourceAt, rows, hours, band) {
  let part = 0, whole = 0;
  for (const row of rows) for (const hour of hours) {
    const looked = of.band_effort[bandAt(of, 0, row, hour, band)], share = shareOf(of.band_active[bandAt(of, sourceAt, row, hour, band)]);
    if (looked && !Number.isNaN(share)) { part += share * looked; whole += looked; }
  }
  return whole ? part / whole : NaN;
}

/* Return the hours of night, dawn, day and dusk: by the season's mean sun where the place is known, else quarters. */
function partsOfDay(hours) {
  const sun = page.data.sites[chosenSite()] && page.data.sites[chosenSite()].sun;
  const every = Array.from({ length: hours }, (_, hour) => hour);
  if (hours < 12) return { "all hours": every };
  if (!sun) return Object.fromEntries([0, 1, 2, 3].map(quarter => [`${two(6 * quarter)}–${two(6 * quarter + 6)} h`, every.filter(hour => Math.floor(hour * 4 / hours) === quarter)]));
  const days = sun.shape[1];
  const mean = line => {
    let x = 0, y = 0;
    for (let day = 0; day < days; day++) { const angle = sun[line * days + day] * Math.PI / 12; if (Number.isFinite(angle)) { x += Math.cos(angle); y += Math.sin(angle); } }
    return (Math.atan2(y, x) * 12 / Math.PI + 24) % 24;
  };
  const [rise, set] = [mean(1), mean(2)], length = 24 / hours;
  const apart = (a, b) => Math.abs((a - b + 36) % 24 - 12);
  const part = hour => {
    const middle = (hour + 0.5) * length;
    if (apart(middle, rise) <= 1.5) return "dawn";
    if (apart(middle, set) <= 1.5) return "dusk";
    return (middle - rise + 24) % 24 < (set - rise + 24) % 24 ? "day" : "night";
  };
  return Object.fromEntries(Object.keys(PARTS).map(name => [name, every.filter(hour => part(hour) === name)]));
}

const bandName = (edges, band) => `${+(edges[band] / 1000).toFixed(2)} to ${+(edges[band + 1] / 1000).toFixed(2)} kHz`;

function frequencyByHour() {
  chart("band-hours", () => {
    const of = model(), { source: sourceAt, rows } = page.choice, edges = of.edges_hz, cells = [], tips = [], shares = [];
    for (let hour = 0; hour < of.hours; hour++) for (let band = 0; band < edges.length - 1; band++) {
      const share = bandSums(of, sourceAt, rows, [hour], band);
      if (Number.isNaN(share)) continue;
      tips.push({ dataIndex: cells.length, text: [`${hourName(hour, of.hours)}, ${bandName(edges, band)}`, percent(share)] });
      cells.push([hour, band, share]); shares.push(share);
    }
    const [top, capped] = highest(shares);
    legend("band-hours", source().stops, "0", `${capped ? "≥ " : ""}${percent(top)}`);
    return {
      words: `${source().common}: share of analysed cells by hour of the local day and frequency`,
      tips: { cells: tips, columns: edges.length - 1 },
      grid: { left: 58, right: 12, top: 8, bottom: 28, show: true, backgroundColor: hatching(), borderWidth: 0 },
      xAxis: { ...hourAxis(of.hours), axisLabel: { color: STYLE.muted, interval: Math.max(0, Math.round(of.hours / 8) - 1), formatter: (_, hour) => `${Math.round(hour * 24 / of.hours)} h` } },
      yAxis: bandAxes(edges),
      tooltip: { ...TIP, formatter: given => lines(tips[given.dataIndex].text) },
      visualMap: colouring(source().stops, 0, top),
      series: [heat(cells), { type: "line", yAxisIndex: 1, data: [], silent: true }],
    };
  });
}

function frequencyByPart() {
  chart("band-parts", width => {
    const of = model(), { source: sourceAt, rows } = page.choice, edges = of.edges_hz, parts = partsOfDay(of.hours);
    const styles = Object.values(PARTS), names = Object.keys(parts);
    const curves = names.map(name => edges.slice(0, -1).map((_, band) => [(edges[band] + edges[band + 1]) / 2000, orNull(bandSums(of, sourceAt, rows, parts[name], band))]));
    const named = names.map((name, place) => parts[name].length && PARTS[name] ? `${name} ${spanOf(parts[name], of.hours)}` : names[place]);
    const tips = edges.slice(0, -1).map((_, band) => ({ seriesIndex: 0, dataIndex: band, text: [bandName(edges, band), ...named.map((name, place) => `${name}: ${percent(curves[place][band][1] ?? NaN)}`)] }));
    return {
      words: `${source().common}: share of analysed cells over frequency, by time of day`,
      tips: { cells: tips, columns: 1 },
      legend: { top: 0, left: 46, itemWidth: 30, itemStyle: { opacity: 0 }, textStyle: { color: STYLE.ink }, selectedMode: true },
      grid: { left: 52, right: 14, top: width < 470 ? 56 : 34, bottom: 40 },
      xAxis: { type: "value", min: edges[0] / 1000, max: edges[edges.length - 1] / 1000, interval: (edges[edges.length - 1] - edges[0]) / 8000, name: "frequency, kHz", nameLocation: "middle", nameGap: 26, axisLabel: { color: STYLE.muted }, splitLine: { show: false } },
      yAxis: shareAxis(),
      tooltip: { ...TIP, trigger: "axis", formatter: given => lines(tips[[].concat(given)[0].dataIndex].text) },
      series: names.map((_, place) => ({ name: named[place], type: "line", symbol: "none", data: curves[place], itemStyle: { color: styles[place % 4].colour }, lineStyle: { color: styles[place % 4].colour, type: styles[place % 4].type, width: 2 } })),
    };
  });
}

/* Say which hours a part of the day has: one span, or two around midnight. */
function spanOf(hours, all) {
  const begins = hours.filter(hour => !hours.includes((hour + all - 1) % all)), length = 24 / all;
  return begins.map(begin => { let end = begin; while (hours.includes((end + 1) % all) && (end + 1) % all !== begin) end = (end + 1) % all; return `${two(Math.round(begin * length))}–${two(Math.round((end + 1) * length))}`; }).join(", ") + " h";
}
