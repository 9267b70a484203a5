// Visits the pages of the golden report one after the other and looks for what each must show;
// viewer_test.sh appends it to a copy of that report.  Prints "N passed, N failed".
"use strict";

(async () => {
  const EVIL = "badinput.<b>bold</b>&amp;\"quoted\"@<img src=x onerror=alert(1)>";
  const PURGE = "purge.slow_reader@2.6";
  const pages = [
    ["", "", "2 of 15 results failed, 1 is broken"],
    [PURGE, "", "eof, 15:55.311 after it was queued"],
    [PURGE, "?tab=conns", "purged: a response waited 15:55.311"],
    [PURGE, "?tab=frames", "retryCount says 0, third attempt"],
    [PURGE, "?tab=space", "Time runs down"],
    [PURGE, "?tab=latency", "p99"],
    [PURGE, "?tab=faults", "client1, its connection 1"],
    [PURGE, "?call=7&tab=events", "call 7 getListing ends: end of stream"],
    [PURGE + "#7", "", "The record ends in the middle of a line"],
    ["reconnect.storm@3.4", "", "50 clients find a restarted server again"],
    ["completion.fatal_reply@2.6", "", "never ended"],
    ["slow.handler@3.4", "?call=3&tab=calls", "read time-out"],
    ["bench.events@2.6", "?tab=events", "9052 rows"],
    ["drop.interop@hdfs-cli", "", "the simulation has no programs"],
    ["overload.backoff@2.6", "", "This report does not hold the record of this result"],
    [EVIL, "?tab=events", "<script>alert(1)\u003c/script>"],
    [EVIL, "?tab=faults", "<script>alert(1)\u003c/script>"],
    ["#/cmp", "", "Against 2026-11-20"],
    ["#/cmp", "", "Newly failing (2)"],
    ["#/cmp", "", "Known (1)it failed before, too"],
    ["#/cmp", "", "Line 3 of the record is the first that differs"],
    ["nothing", "", "There is no result called nothing in this report"],
    ["%", "?call=x&at=NaN", "There is no result called % in this report"],
  ];
  const complaints = [];
  let passed = 0, where = "";
  addEventListener("error", (event) => complaints.push(`${where}: ${event.message}`));
  addEventListener("unhandledrejection", (event) => complaints.push(`${where}: ${event.reason}`));
  document.addEventListener("securitypolicyviolation", (event) => complaints.push(`${where}: refused ${event.blockedURI}`));
  const soon = (ms) => new Promise((done) => setTimeout(done, ms));
  const main = document.getElementById("main");

  for (const [name, query, text] of pages) {
    where = name + query;
    location.hash = name === "" ? "#/" : name.startsWith("#/") ? name : `#/s/${encodeURIComponent(name)}${query}`;
    for (let tries = 0; tries < 200 && !main.textContent.includes(text); tries++)
      await soon(20);
    if (main.textContent.includes(text))
      passed++;
    else
      complaints.push(`${where} does not show: ${text}`);
  }

  // Both timelines of a changed result.
  where = "compare";
  location.hash = "#/cmp";
  for (let tries = 0; tries < 200 && !document.querySelector(".change details"); tries++)
    await soon(20);
  document.querySelector(".change details").open = true;
  document.querySelector(".change button").click();
  for (let tries = 0; tries < 200 && document.querySelectorAll(".both canvas").length < 2; tries++)
    await soon(20);
  if (document.querySelectorAll(".both canvas").length === 2)
    passed++;
  else
    complaints.push("the timelines of two runs are not both there");

  // Pointing at a byte marks its field.
  where = "frames";
  location.hash = `#/s/${encodeURIComponent(PURGE)}?tab=frames`;
  for (let tries = 0; tries < 200 && !document.querySelector(".hex tbody tr"); tries++)
    await soon(20);
  document.querySelector(".hex [data-byte='0']").dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
  if (document.querySelector(".hex tr.on"))
    passed++;
  else
    complaints.push("a byte does not mark its field");

  // Every key, on a page with everything in it: nothing may be thrown.
  where = "keys";
  location.hash = `#/s/${encodeURIComponent(PURGE)}`;
  for (let tries = 0; tries < 200 && !document.querySelector("canvas"); tries++)
    await soon(20);
  for (const name of ["ArrowRight", "ArrowRight", "Enter", "ArrowLeft", "f", "x", "g", "w", "s", "a", "d", "+", "-", "0", "g", "t", "t", "t", "Escape"]) {
    document.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
    await soon(20);
  }
  where = "next failed";
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "n", bubbles: true }));
  await soon(200);
  if (location.hash === `#/s/${encodeURIComponent(PURGE)}`)
    complaints.push("N does not lead to the next failed scenario");
  else
    passed++;

  document.body.textContent = [...complaints, `${passed} passed, ${complaints.length} failed`].join("\n");
})();
