"use strict";
/* What the season's page draws: numbers are unpacked once, every chart follows the choice of source, site and dates. */
const page = { charts: [], choice: null };

/* Return the bytes of a packed array as a typed array with its shape. */
async function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed.data), letter => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  const kinds = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, f4: Float32Array };
  const array = new kinds[packed.kind](buffer);
  array.shape = packed.shape;
  return array;
}

/* Replace every packed array inside `value`. */
async function unpackAll(value) {
  if (value === null || typeof value !== "object") return value;
  if (value.kind && value.data !== undefined) return unpack(value);
  for (const key of Object.keys(value)) value[key] = await unpackAll(value[key]);
  return value;
}

const NO_SECONDS = 4294967295;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const STYLE = { ink: "#20262b", muted: "#5d666d", line: "#dcd9d0", none: "#c3c8cc", lost: "#b5452c", accent: "#1d5c63" };
const FONT = { fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif", color: STYLE.muted, fontSize: 12 };

const isoDay = day => new Date(page.firstDay + day * 86400000).toISOString().slice(0, 10);
const dayName = day => { const [year, month, date] = isoDay(day).split("-"); return `${+date} ${MONTHS[month - 1]} ${year}`; };
const shortDay = day => { const [, month, date] = isoDay(day).split("-"); return `${+date} ${MONTHS[month - 1]}`; };
const two = number => String(number).padStart(2, "0");
const hourName = (hour, hours) => `${two(Math.round(hour * 24 / hours))}–${two(Math.round((hour + 1) * 24 / hours))} h`;
const clock = hours => `${two(Math.floor(hours))}:${two(Math.floor((hours % 1) * 60))}`;

/* Return a share in per cent with two digits that matter. */
function percent(share) {
  if (share === null || Number.isNaN(share)) return "–";
  const value = 100 * share;
  if (value > 0 && value < 0.01) return "< 0.01 %";
  const digits = value >= 99.95 || value === 0 ? 0 : value >= 95 ? 1 : value >= 10 ? 0 : value >= 1 ? 1 : 2;
  return `${value.toFixed(digits)} %`;
}

/* Return a duration in the unit that suits it. */
function duration(seconds) {
  if (seconds >= NO_SECONDS) return "not known";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(seconds < 360000 ? 1 : 0)} h`;
}

/* Return a share from its two-byte code: the root of the share, so that rare sources keep their digits. */
const shareOf = code => code === 65535 ? NaN : (code / 65534) ** 2;

/* Return the ratio of two sums over clusters and its 95 % interval (Cochran 1977, eq. 6.13), as stats/ratio.py does. */
function ratioInterval(clusters) {
  let part = 0, whole = 0, count = 0;
  for (const [found, looked] of clusters) if (looked > 0) { part += found; whole += looked; count += 1; }
  if (!count) return [NaN, NaN, NaN];
  const ratio = part / whole;
  if (count < 2) return [ratio, NaN, NaN];
  let squares = 0;
  for (const [found, looked] of clusters) if (looked > 0) squares += (found - ratio * looked) ** 2;
  const t = count - 1 > page.data.t.length ? 1.959964 : page.data.t[count - 2];
  const half = t * Math.sqrt(squares * count / (count - 1)) / whole;
  return [ratio, Math.max(ratio - half, 0), Math.min(ratio + half, 1)];
}

/* Return an evenly spaced list of colours that runs through stops. */
function rampOf(stops, steps = 32) {
  const rgb = colour => [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));
  return Array.from({ length: steps }, (_, step) => {
    const at = step / (steps - 1);
    let next = stops.findIndex(([place]) => place >= at);
    if (next <= 0) next = 1;
    const [[low, from], [high, to]] = [stops[next - 1], stops[next]];
    const part = (at - low) / (high - low);
    return `rgb(${rgb(from).map((value, i) => Math.round(value + part * (rgb(to)[i] - value))).join(",")})`;
  });
}

/* The hatching that stands for 'not analysed'. */
function hatching() {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.fillStyle = "#fff"; pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = STYLE.none; pen.lineWidth = 1;
  for (const shift of [-8, 0, 8]) { pen.beginPath(); pen.moveTo(shift, 8); pen.lineTo(shift + 8, 0); pen.stroke(); }
  return { image: tile, repeat: "repeat" };
}

/* Return lines of text as an element: names of files and species are text, never HTML. */
function lines(texts) {
  const box = document.createElement("div");
  texts.forEach((text, place) => {
    const line = document.createElement("div");
    line.textContent = text;
    if (!place) line.style.fontWeight = "600";
    box.append(line);
  });
  return box;
}

/* Show where the colours of a heat map begin and end. */
function legend(name, stops, low, high) {
  const box = document.querySelector(`[data-legend="${name}"]`);
  if (!box) return;
  box.querySelector(".scale").style.background =
    `linear-gradient(90deg, ${stops.map(([place, colour]) => `${colour} ${100 * place}%`).join(", ")})`;
  box.querySelector(".low").textContent = low;
  box.querySelector(".high").textContent = high;
}

/* Return the value of the darkest colour: one peak must not pale the rest. */
function highest(values) {
  const known = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!known.length) return [0, false];
  const top = known[known.length - 1];
  const capped = known.length > 1000 ? known[Math.floor(0.995 * (known.length - 1))] || top : top;
  return [capped, top > capped];
}
