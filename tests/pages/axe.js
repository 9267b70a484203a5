// Lets axe look at the main views in both themes; it is appended behind axe itself.
"use strict";

(async () => {
  const complaints = [];
  let passed = 0;
  const soon = (ms) => new Promise((done) => setTimeout(done, ms));
  // The first result of each status, all tabs of the very first.
  const seen = new Set(), addresses = ["#/", "#/cmp", "#/s/nothing"];
  for (const { name, status } of ripcord.page.results) {
    const tabs = seen.has(status) ? [] : seen.size > 0 ? ["space"] : ["space", "calls", "conns", "frames", "latency", "faults", "events"];
    addresses.push(...tabs.map((tab) => ripcord.link(name, `?tab=${tab}`)));
    seen.add(status);
  }
  for (const theme of ["light", "dark"])
    for (const address of addresses) {
      while (ripcord.page.theme !== theme)
        document.dispatchEvent(new KeyboardEvent("keydown", { key: "t", bubbles: true }));
      location.hash = address;
      await soon(300);
      for (const details of document.querySelectorAll("details"))
        details.open = true;
      const told = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
      passed += told.violations.length === 0;
      for (const one of told.violations)
        complaints.push(`${theme} ${address}: ${one.id}: ${one.nodes.slice(0, 2).map((node) => node.target.join(" ")).join(" and ")}`);
    }
  document.body.textContent = [...complaints, `${passed} passed, ${complaints.length} failed`].join("\n");
})();
