"use strict";
/* Judging events: verdicts are kept in this browser and saved as tables that stage pair and the next report read. */
const about = JSON.parse(document.getElementById("about").textContent);
const store = `antiphon ${about.season} ${about.model} ${about.weights}`;
const cards = [...document.querySelectorAll(".event")];
let verdicts = {};

const keyOf = event => [event.deployment, event.path, event.start_s, event.freq_low_hz, event.source].join("|");

/* Read and keep verdicts; a browser that keeps nothing for files still judges, until it is closed. */
function remember() {
  try { localStorage.setItem(store, JSON.stringify(verdicts)); } catch { document.getElementById("progress").dataset.kept = "no"; }
}
function recall() {
  try { verdicts = JSON.parse(localStorage.getItem(store) || "{}"); } catch { verdicts = {}; }
  document.getElementById("annotator").value = verdicts.annotator || "";
}

function judge(card, verdict) {
  const event = about.events[card.dataset.number], label = card.querySelector(".label");
  if (verdict) verdicts[keyOf(event)] = { verdict, label: label ? label.value : about.labels[event.source][0] };
  else delete verdicts[keyOf(event)];
  remember();
  show();
}

/* Show verdicts, and the events that are asked for. */
function show() {
  const [source, kind, state] = ["source", "kind", "state"].map(name => document.getElementById(`choose-${name}`).value);
  let judged = 0;
  for (const card of cards) {
    const event = about.events[card.dataset.number], found = verdicts[keyOf(event)];
    judged += found ? 1 : 0;
    card.querySelector(".verdict").textContent = found ? found.verdict : "";
    card.querySelector(".yes").setAttribute("aria-pressed", String(found?.verdict === "confirmed"));
    card.querySelector(".no").setAttribute("aria-pressed", String(found?.verdict === "rejected"));
    if (found && card.querySelector(".label")) card.querySelector(".label").value = found.label;
    const wanted = (!source || event.source === source) && (!kind || event.kind === kind);
    card.hidden = !wanted || (state === "open" && Boolean(found) && card !== document.activeElement);
  }
  document.getElementById("progress").textContent = `${judged} of ${cards.length} events judged.`;
}

/* Go to the next or the previous event that is shown. */
function go(step) {
  const shown = cards.filter(card => !card.hidden), at = shown.indexOf(document.activeElement.closest(".event"));
  const next = shown[Math.min(Math.max(at + step, 0), shown.length - 1)];
  if (next) { next.focus(); next.scrollIntoView({ block: "center" }); }
}

function play(card, name) {
  const player = card.querySelector(`audio.${name}`);
  if (!player) return;
  for (const other of document.querySelectorAll("audio")) if (other !== player) other.pause();
  if (player.paused) { player.currentTime = 0; player.play(); } else player.pause();
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, button, audio")) return;
  const card = document.activeElement.closest(".event");
  const actions = { j: () => go(1), k: () => go(-1) };
  if (card) Object.assign(actions, {
    y: () => judge(card, "confirmed"), n: () => judge(card, "rejected"), u: () => judge(card, null),
    s: () => play(card, "separated"), " ": () => play(card, "recorded"),
  });
  const action = actions[event.key.toLowerCase()];
  if (action) { event.preventDefault(); action(); }
}

/* Return the judged events, one row for each label that the verdict speaks of: a rejected source is none of its labels. */
function rows() {
  const found = [];
  about.events.forEach(event => {
    const said = verdicts[keyOf(event)];
    if (!said) return;
    const labels = said.verdict === "rejected" ? about.labels[event.source] : [said.label];
    for (const label of labels) found.push({ ...event, label, verdict: said.verdict });
  });
  return found;
}

const quoted = value => /[",\n\r]/.test(String(value)) ? `"${String(value).replace(/"/g, '""')}"` : String(value ?? "");
const plain = value => String(value ?? "").replace(/[\t\r\n]/g, " ");

function saveCsv() {
  const columns = ["path", "start_s", "end_s", "freq_low_hz", "freq_high_hz", "label", "verdict", "annotator", "channel", "season", "site", "deployment", "model", "weights", "source", "kind", "score"];
  const whose = { annotator: document.getElementById("annotator").value, season: about.season, model: about.model, weights: about.weights };
  save("verdicts.csv", [columns, ...rows().map(row => columns.map(name => ({ ...row, ...whose })[name]))].map(line => line.map(quoted).join(",")).join("\n") + "\n");
}

function saveRaven() {
  const columns = ["Selection", "View", "Channel", "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)", "Begin Path", "File Offset (s)", "Species", "Verdict", "Annotator"];
  const lines = rows().map((row, place) => [place + 1, "Spectrogram 1", row.channel || 1, row.start_s, row.end_s, row.freq_low_hz, row.freq_high_hz, row.path, row.start_s, row.label, row.verdict, document.getElementById("annotator").value]);
  save("verdicts.txt", [columns, ...lines].map(line => line.map(plain).join("\t")).join("\n") + "\n");
}

/* The list of recordings that pair.boxes.recordings wants: nothing is exhaustive, so only what was judged is known. Verdicts
   are there to be learned from: without the column split a small season's sites might all be dealt to the tests. */
function saveList() {
  const recordings = new Map(rows().map(row => [row.path, row]));
  const lines = [...recordings.values()].map(row => [row.path, "verdicts.csv", "csv", row.site || row.deployment, "", row.channel || "", "train"]);
  save("recordings.csv", [["path", "annotations", "format", "group", "exhaustive", "channel", "split"], ...lines].map(line => line.map(quoted).join(",")).join("\n") + "\n");
}

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

function start() {
  if (cards.length) {
    recall();
    for (const card of cards) {
      card.querySelector(".yes").addEventListener("click", () => judge(card, "confirmed"));
      card.querySelector(".no").addEventListener("click", () => judge(card, "rejected"));
      card.querySelector(".label")?.addEventListener("change", () => { if (verdicts[keyOf(about.events[card.dataset.number])]) judge(card, "confirmed"); });
    }
    document.getElementById("choice").addEventListener("submit", event => event.preventDefault());
    for (const name of ["source", "kind", "state"]) document.getElementById(`choose-${name}`).addEventListener("change", show);
    document.getElementById("annotator").addEventListener("change", event => { verdicts.annotator = event.target.value; remember(); });
    document.getElementById("save-csv").addEventListener("click", saveCsv);
    document.getElementById("save-raven").addEventListener("click", saveRaven);
    document.getElementById("save-list").addEventListener("click", saveList);
    addEventListener("keydown", press);
    show();
  }
  document.documentElement.dataset.ready = "yes";
}

start();
