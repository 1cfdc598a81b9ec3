/* Begin: unpack the numbers, fill the controls, draw what is in view, and everything before it is printed. */
async function start() {
  page.data = await unpackAll(JSON.parse(document.getElementById("numbers").textContent));
  page.firstDay = Date.parse(page.data.first_day);
  page.seen = new Set();
  if (!page.data.models.length || !page.data.models[0].sources.length || !page.data.deployments.length) return;
  controls();
  readChoice();
  say();
  for (const make of [calendar, map, hoursByDate, throughTheDay, throughTheSeason, siteBySite, frequencyByHour, frequencyByPart, longTerm]) make();
  const watcher = new IntersectionObserver(entries => {
    for (const entry of entries) {
      if (entry.isIntersecting) page.seen.add(entry.target); else page.seen.delete(entry.target);
      const one = page.charts.find(candidate => candidate.box === entry.target);
      if (entry.isIntersecting && one.stale) draw(one);
    }
  }, { rootMargin: "300px" });
  for (const one of page.charts) watcher.observe(one.box);
  let waiting = null;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(redraw, 120); });
  addEventListener("beforeprint", printAll);
  matchMedia("print").addEventListener("change", change => { if (change.matches) printAll(); });
  document.documentElement.dataset.ready = "yes";
}

start();
