// Lets axe look at the main views in both themes; it is appended behind axe itself.
"use strict";

(async () => {
    const complaints = [];
    let passed = 0;
    const soon = (ms) => new Promise((done) => setTimeout(done, ms));
    const failed = ripcord.page.results.filter(ripcord.isBad), result = failed[0] || ripcord.page.results[0];
    const tabs = ["space", "calls", "conns", "frames", "latency", "faults", "events"];
    const addresses = ["#/", "#/cmp", ...(result ? tabs.map((tab) => ripcord.link(result.name, `?tab=${tab}`)) : [])];
    for (const theme of ["light", "dark"])
        for (const address of addresses) {
            while (ripcord.page.theme !== theme)
                document.dispatchEvent(new KeyboardEvent("keydown", { key: "t", bubbles: true }));
            location.hash = address;
            await soon(400);
            for (const details of document.querySelectorAll("details"))
                details.open = true;
            const told = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
            passed += told.violations.length === 0;
            for (const one of told.violations)
                complaints.push(`${theme} ${address}: ${one.id}: ${one.nodes.slice(0, 2).map((node) => node.target.join(" ")).join(" and ")}`);
        }
    document.body.textContent = [...complaints, `${passed} passed, ${complaints.length} failed`].join("\n");
})();
