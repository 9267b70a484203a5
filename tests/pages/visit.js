// Visits every page of the report that it is appended to, and every tab of it; then presses all
// keys.  `expected` (an array of [address, text]) is what the test wants to see besides.  Prints
// "N passed, N failed" into the page.
"use strict";

(async () => {
  const complaints = [];
  let passed = 0, where = "";
  addEventListener("error", (event) => complaints.push(`${where}: ${event.message}`));
  addEventListener("unhandledrejection", (event) => complaints.push(`${where}: ${event.reason}`));
  document.addEventListener("securitypolicyviolation", (event) => complaints.push(`${where}: refused ${event.blockedURI}`));
  const soon = (ms) => new Promise((done) => setTimeout(done, ms));
  const main = document.getElementById("main");
  const until = async (test) => {
    for (let tries = 0; tries < 300 && !test(); tries++)
      await soon(20);
    return test();
  };
  const claim = (holds, words) => (holds ? passed++ : complaints.push(`${where}: ${words}`));

  for (const [address, text] of expected) {
    where = address;
    location.hash = address;
    claim(await until(() => main.textContent.includes(text)), `does not show: ${text}`);
  }

  // Every result in turn, the first of each status with all its tabs.
  const seen = new Set();
  for (const result of ripcord.page.results.slice(0, 40)) {
    where = result.name;
    location.hash = ripcord.link(result.name);
    const title = result.title || result.name;
    claim(await until(() => main.querySelector("h1") && main.querySelector("h1").textContent === title &&
      main.querySelector(".facts-line").textContent.includes(result.name)), "has no heading");
    claim(!result.replay || main.textContent.includes(result.replay), "does not say how to play it again");
    for (const check of (result.failed || []).slice(0, 3))
      for (const text of [check.expr, check.expected, check.actual, check.why].filter((one) => typeof one === "string"))
        claim(main.textContent.includes(text), `does not show ${text}`);
    if (!await until(() => main.querySelector("canvas") || main.querySelector(".note")) || seen.has(result.status + title))
      continue;
    seen.add(result.status + title);
    for (const tab of main.querySelectorAll("[role=tab]")) {
      where = `${result.name}, ${tab.textContent}`;
      tab.click();
      await soon(30);
      claim(main.querySelector("[role=tabpanel]").childNodes.length > 0, "is empty");
    }
    const jump = main.querySelector(".jumps button");
    if (jump) {
      jump.click();
      await soon(50);
      claim(location.hash.includes("at="), "the address does not hold what is shown");
    }
  }

  where = "keys";
  for (const name of ["ArrowRight", "ArrowRight", "Enter", "f", "x", "g", "w", "s", "a", "d", "+", "-", "0", "g", "t", "t", "t", "Escape", "n", "p"]) {
    document.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
    await soon(20);
  }
  document.body.textContent = [...complaints, `${passed} passed, ${complaints.length} failed`].join("\n");
})();
