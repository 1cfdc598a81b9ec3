/* One source: occupancy by hour and date with the sun, through the day, through the season, and site by site. */
function hoursByDate() {
  chart("hours", () => {
    const of = model(), { source: sourceAt, from, to, rows } = page.choice;
    const cells = [], tips = [], shares = [];
    for (let day = from; day <= to; day++) for (let hour = 0; hour < of.hours; hour++) {
      let part = 0, whole = 0;
      for (const row of rows) { const [found, looked] = cellsOf(of, sourceAt, row, day, hour); part += found; whole += looked; }
      if (!whole) continue;
      cells.push([day - from, hour, part / whole]); shares.push(part / whole);
    }
    const [top, capped] = highest(shares);
    legend("hours", source().stops, "0", `${capped ? "≥ " : ""}${percent(top)}`);
    for (const [place, [day, hour, share]] of cells.entries()) tips.push({ dataIndex: place, text: [`${dayName(from + day)}, ${hourName(hour, of.hours)}`, percent(share)] });
    const sun = page.data.sites[chosenSite()] && page.data.sites[chosenSite()].sun;
    const lines_ = sun ? ["dawn", "sunrise", "sunset", "dusk"].flatMap((name, line) => sunLines(name, sun, line, from, to)) : [];
    document.getElementById("sun-note").hidden = !sun;
    return {
      words: `${source().common}, ${placeName(page.choice.place)}: acoustic occupancy by hour of the local day and date`,
      tips: { cells: tips, columns: of.hours },
      grid: { left: 46, right: 12, top: 8, bottom: 28, show: true, backgroundColor: hatching(), borderWidth: 0 },
      xAxis: dayAxis(from, to),
      yAxis: [hourAxis(of.hours), { type: "value", min: 0, max: 24, interval: 6, position: "left", axisLabel: { color: STYLE.muted, formatter: "{value} h" }, splitLine: { show: false } }],
      tooltip: { ...TIP, formatter: given => lines(tips[given.dataIndex].text) },
      visualMap: colouring(source().stops, 0, top),
      series: [heat(cells), ...lines_],
    };
  });
}

/* A line of the sun over a pale one, so that it is seen on dark cells; it breaks where the sun does not cross the horizon, and where midnight is crossed. */
function sunLines(name, sun, line, from, to) {
  const days = sun.shape[1], data = [];
  for (let day = from; day <= to; day++) {
    const hours = sun[line * days + day];
    if (data.length && data[data.length - 1] !== null && Math.abs(data[data.length - 1] - hours) > 12) data.push(null); else data.push(orNull(hours));
  }
  const twilight = name === "dawn" || name === "dusk";
  const few = to - from < 1;
  const line_ = (colour, width, z) => ({
    name, type: "line", yAxisIndex: 1, data, silent: true, symbol: few ? "rect" : "none", symbolSize: [60, width + 0.5], z, tooltip: { show: false },
    lineStyle: { color: colour, width, type: twilight ? [3, 4] : "solid" }, itemStyle: { color: colour },
  });
  return [line_("#fff", twilight ? 2 : 3.4, 5), line_(STYLE.ink, twilight ? 1 : 1.6, 6)];
}

/* Occupancy by hour of the day, with intervals from the spread between deployment-days. */
function throughTheDay() {
  chart("day", () => {
    const of = model(), { source: sourceAt, from, to, rows } = page.choice;
    const hours = Array.from({ length: of.hours }, (_, hour) => ratioInterval(rows.flatMap(row => daySums(of, sourceAt, row, from, to, hour))));
    const tips = hours.map(([ratio, low, high], hour) => ({ dataIndex: hour, text: [hourName(hour, of.hours), Number.isFinite(low) ? `${percent(ratio)} (${percent(low)} to ${percent(high)})` : percent(ratio)] }));
    return {
      words: `${source().common}: acoustic occupancy by hour of the local day`,
      tips: { cells: tips, columns: 1 },
      grid: { left: 52, right: 8, top: 10, bottom: 26 },
      xAxis: { ...hourAxis(of.hours), axisLine: { show: true, lineStyle: { color: STYLE.muted } }, axisLabel: { color: STYLE.muted, interval: Math.max(0, Math.round(of.hours / 4) - 1), formatter: (_, hour) => `${Math.round(hour * 24 / of.hours)} h` } },
      yAxis: shareAxis(),
      tooltip: { ...TIP, formatter: given => lines(tips[given.dataIndex].text) },
      series: [{ type: "bar", barCategoryGap: "14%", itemStyle: { color: source().colour }, data: hours.map(([ratio]) => orNull(ratio)) }, whiskers(hours)],
    };
  });
}

/* Ends of intervals as thin lines over each category. */
function whiskers(intervals, upright = true) {
  return {
    type: "custom", silent: true, z: 4, data: intervals.map(([, low, high], place) => [place, orNull(low), orNull(high)]), encode: upright ? { x: 0, y: [1, 2] } : { y: 0, x: [1, 2] },
    renderItem: (_, api) => {
      if (api.value(1) === null || !Number.isFinite(api.value(1))) return null;
      const ends = [1, 2].map(end => api.coord(upright ? [api.value(0), api.value(end)] : [api.value(end), api.value(0)]));
      return { type: "line", shape: { x1: ends[0][0], y1: ends[0][1], x2: ends[1][0], y2: ends[1][1] }, style: { stroke: STYLE.ink, lineWidth: 1.2 } };
    },
  };
}

/* Occupancy day by day or, in a long season, in a moving window, with intervals. */
function throughTheSeason() {
  chart("season", () => {
    const of = model(), { source: sourceAt, from, to, rows } = page.choice, half = Math.floor(page.data.window_days / 2);
    const last = page.data.days - 1, sums = rows.map(row => daySums(of, sourceAt, row, 0, last));
    const curve = [];
    for (let day = from; day <= to; day++) {
      const clusters = sums.flatMap(days => days.slice(Math.max(day - half, 0), day + half + 1));
      const inside = sums.some(days => days[day][1] > 0);
      curve.push(inside ? ratioInterval(clusters) : [NaN, NaN, NaN]);
    }
    page.curve = curve;
    const [ratios, lows, highs] = [0, 1, 2].map(at_ => curve.map(one => orNull(one[at_])));
    const tips = curve.map(([ratio, low, high], place) => ({ seriesIndex: 2, dataIndex: place, text: [dayName(from + place), Number.isFinite(low) ? `${percent(ratio)} (${percent(low)} to ${percent(high)})` : Number.isFinite(ratio) ? percent(ratio) : "not analysed"] }));
    return {
      words: `${source().common}, ${placeName(page.choice.place)}: acoustic occupancy through the season`,
      tips: { cells: tips, columns: 1 },
      grid: { left: 52, right: 14, top: 10, bottom: 26 },
      xAxis: dayAxis(from, to, { boundaryGap: from === to }),
      yAxis: shareAxis(),
      tooltip: { ...TIP, trigger: "axis", formatter: given => lines(tips[[].concat(given)[0].dataIndex].text) },
      series: [...ribbon(lows, highs, source().colour), { type: "line", data: ratios, symbol: to - from < 60 ? "circle" : "none", symbolSize: 5, itemStyle: { color: source().colour }, lineStyle: { color: source().colour, width: 2 } }],
    };
  });
}

/* Sites beside each other, with intervals from the spread between deployment-days. */
function siteBySite() {
  const ordered = () => {
    const of = model(), { source: sourceAt, from, to } = page.choice;
    return page.data.sites.map((site, number) => ({ site, number, interval: ratioInterval(rowsOf(`s${number}`).flatMap(row => daySums(of, sourceAt, row, from, to))) }))
      .sort((a, b) => (Number.isFinite(a.interval[0]) ? a.interval[0] : -1) - (Number.isFinite(b.interval[0]) ? b.interval[0] : -1));
  };
  let shown = [];
  chart("sites", width => {
    shown = ordered();
    const intervals = shown.map(one => one.interval), chosen = page.choice.place === "all" ? null : chosenSite();
    const tips = shown.map(({ site, interval: [ratio, low, high] }, place) => ({ dataIndex: place, place, text: [site.name, Number.isFinite(low) ? `${percent(ratio)} (${percent(low)} to ${percent(high)})` : percent(ratio)] }));
    const left = Math.min(190, 24 + 7.6 * shown.reduce((most, one) => Math.max(most, one.site.name.length), 0), width / 2.5);
    return {
      words: `${source().common}: acoustic occupancy of ${shown.length} sites`,
      tips: { cells: tips, columns: 1 },
      grid: { left, right: 18, top: 6, bottom: 26 },
      xAxis: shareAxis(),
      yAxis: { type: "category", data: shown.map(one => one.site.name), axisTick: { show: false }, axisLine: { show: false }, axisLabel: { color: STYLE.muted, width: left - 12, overflow: "truncate", interval: 0 } },
      tooltip: { ...TIP, formatter: given => lines(tips[given.dataIndex].text) },
      series: [
        { type: "scatter", symbolSize: 10, z: 5, data: shown.map(one => ({ value: [orNull(one.interval[0]), shown.indexOf(one)], itemStyle: { color: source().colour, opacity: chosen === null || chosen === one.number ? 1 : 0.35 } })) },
        whiskers(intervals, false),
      ],
    };
  }, { height: () => Math.max(90, 34 + page.data.sites.length * (page.data.sites.length > 60 ? 14 : 22)), click: given => choosePlace(`s${shown[given.place ?? given.dataIndex].number}`) });
}
