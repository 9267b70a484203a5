// Measures the page that it is appended to (page_bench.sh does that) and prints what it found
// beside what it may cost.  `busiest` is the name of the result that is opened.
"use strict";

(async () => {
  const ready = performance.now(); // since the page was asked for; the page stands by now
  const rows = [];
  const soon = (ms) => new Promise((done) => setTimeout(done, ms));
  const p95 = (list) => [...list].sort((a, b) => a - b)[Math.max(0, Math.ceil(0.95 * list.length) - 1)];
  const say = (what, ms, budget) => rows.push(`${what.padEnd(48)}${ms.toFixed(1).padStart(9)} ms   of ${String(budget).padStart(4)} ms` +
    (ms <= budget ? "" : "   TOO SLOW"));
  const timed = (act) => {
    const start = performance.now();
    act();
    return performance.now() - start;
  };

  say(`${ripcord.page.results.length} results: ready after opening`, ready, 1000);
  const filter = document.getElementById("filter");
  say("filter, the worst of six", Math.max(...["p", "pu", "purge", "case 3", "nothing of that", ""].map((text) => timed(() => {
    filter.value = text;
    filter.dispatchEvent(new Event("input"));
  }))), 10);

  if (ripcord.page.results.some((result) => result.name === busiest)) {
    const start = performance.now();
    location.hash = ripcord.link(busiest);
    for (let tries = 0; tries < 1000 && !document.querySelector("canvas"); tries++)
      await soon(2);
    say(`${busiest} opened`, performance.now() - start, 1000);
    await soon(300);
    const { timeline } = ripcord.page.view;
    const draw = () => timed(() => timeline.draw());
    say("whole view, script a frame (p95)", p95(Array.from({ length: 30 }, draw)), 20);
    say("zooming and panning, script a frame (p95)", p95(Array.from({ length: 80 }, (_, i) => {
      timeline.zoom(i % 20 < 10 ? 1.5 : 1 / 1.5, 700);
      timeline.pan(0.05);
      return draw();
    })), 10);
    timeline.all();
    say("hover (p95)", p95(Array.from({ length: 200 }, (_, i) => timed(() => timeline.barAt(150 + 5 * i, 120 + 7 * i % 400)))), 4);
    for (const tab of document.querySelectorAll("[role=tab]"))
      say(`tab ${tab.firstChild.textContent}`, timed(() => {
        tab.click();
        document.body.getBoundingClientRect();
      }), 100);
  }
  document.getElementById("never").src = "data:,";
  document.body.textContent = `\n${rows.join("\n")}\nmeasured\n`;
})();
