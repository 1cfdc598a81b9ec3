/* The choice of source, site and dates: four native controls that every chart follows. */
function readChoice() {
  const [model, source] = document.getElementById("choose-source").value.split(":").map(Number);
  const place = document.getElementById("choose-place").value;
  const day = (id, fallback) => {
    const value = document.getElementById(id).value;
    const number = value ? Math.round((Date.parse(value) - page.firstDay) / 86400000) : fallback;
    return Number.isFinite(number) ? Math.min(Math.max(number, 0), page.data.days - 1) : fallback;
  };
  const days = [day("choose-from", 0), day("choose-to", page.data.days - 1)].sort((a, b) => a - b);
  page.choice = { model, source, place, from: days[0], to: days[1], rows: rowsOf(place) };
}

/* Return the deployments that a choice of place means. */
function rowsOf(place) {
  const every = page.data.deployments.map((_, row) => row);
  if (place === "all") return every;
  const number = Number(place.slice(1));
  return place[0] === "d" ? [number] : every.filter(row => page.data.deployments[row].site === number);
}

function placeName(place) {
  if (place === "all") return page.data.sites.length > 1 ? "all sites" : "the whole season";
  const number = Number(place.slice(1));
  return place[0] === "d" ? page.data.deployments[number].name : page.data.sites[number].name;
}

const model = () => page.data.models[page.choice.model];
const source = () => model().sources[page.choice.source];
const chosenSite = () => page.choice.rows.length ? page.data.deployments[page.choice.rows[0]].site : 0;

/* Return the place of an hour in the arrays of a model. */
const at = (of, sourceAt, row, day, hour) => ((sourceAt * page.data.deployments.length + row) * page.data.days + day) * of.hours + hour;

/* Return found and heard cells of one hour of one deployment. */
function cellsOf(of, sourceAt, row, day, hour) {
  const looked = of.effort[at(of, 0, row, day, hour)];
  if (!looked) return [0, 0];
  const share = shareOf(of.active[at(of, sourceAt, row, day, hour)]);
  return Number.isNaN(share) ? [0, 0] : [share * looked, looked];
}

/* Return found and heard cells of each day of a deployment, all hours or one. */
function daySums(of, sourceAt, row, from, to, onlyHour = null) {
  const sums = [];
  for (let day = from; day <= to; day++) {
    let part = 0, whole = 0;
    for (let hour = onlyHour ?? 0; hour < (onlyHour === null ? of.hours : onlyHour + 1); hour++) {
      const [found, looked] = cellsOf(of, sourceAt, row, day, hour);
      part += found; whole += looked;
    }
    sums.push([part, whole]);
  }
  return sums;
}

/* Fill the controls and let them draw. */
function controls() {
  const sources = document.getElementById("choose-source");
  page.data.models.forEach((one, modelAt) => {
    let into = sources;
    if (page.data.models.length > 1) { into = document.createElement("optgroup"); into.label = one.name; sources.append(into); }
    one.sources.forEach((named, sourceAt) => into.append(new Option(named.common, `${modelAt}:${sourceAt}`)));
  });
  const places = document.getElementById("choose-place");
  places.append(new Option(page.data.sites.length > 1 ? `All ${page.data.sites.length} sites` : "All", "all"));
  page.data.sites.forEach((site, number) => {
    const rows = page.data.deployments.filter(one => one.site === number);
    if (page.data.sites.length > 1) places.append(new Option(site.name || "(no name)", `s${number}`));
    if (rows.length > 1) for (const one of rows) places.append(new Option(`  ${one.name}`, `d${page.data.deployments.indexOf(one)}`));
  });
  for (const id of ["choose-from", "choose-to"]) {
    const input = document.getElementById(id);
    input.min = isoDay(0); input.max = isoDay(page.data.days - 1);
  }
  resetDates();
  document.getElementById("choice").addEventListener("change", () => { readChoice(); redraw(); say(); });
  document.getElementById("reset").addEventListener("click", () => { places.value = "all"; resetDates(); readChoice(); redraw(); say(); });
}

function resetDates() {
  document.getElementById("choose-from").value = isoDay(0);
  document.getElementById("choose-to").value = isoDay(page.data.days - 1);
}

function choosePlace(value) {
  document.getElementById("choose-place").value = value;
  readChoice(); redraw(); say();
}

/* Say the choice above the charts, and what it amounts to. */
function say() {
  const { model: modelAt, source: sourceAt, from, to, rows } = page.choice;
  const of = page.data.models[modelAt];
  const clusters = rows.flatMap(row => daySums(of, sourceAt, row, from, to));
  const [ratio, low, high] = ratioInterval(clusters);
  const days = from === to ? dayName(from) : `${dayName(from)} to ${dayName(to)}`;
  const interval = Number.isFinite(low) ? ` (${percent(low)} to ${percent(high)})` : "";
  const text = Number.isFinite(ratio) ? `acoustic occupancy ${percent(ratio)}${interval}` : "nothing was analysed";
  for (const box of document.querySelectorAll(".chosen")) box.textContent = `${source().common}, ${placeName(page.choice.place)}, ${days}: ${text}.`;
  for (const box of document.querySelectorAll(".of-source")) box.style.setProperty("--of", source().colour);
  page.totals = { ratio, low, high };
}
