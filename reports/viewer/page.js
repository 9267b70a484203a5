// The page: address, head, list at the left, overview, theme and keys.
"use strict";

(() => {
    const { element, sign } = ripcord;
    const page = { run: {}, results: [], matrix: null, view: null };

    const byId = (id) => document.getElementById(id);
    const isBad = (result) => ["failed", "broken", "fixed"].includes(result.status);
    const isNew = (result) => Boolean(result.change) && result.change.kind === "new";
    const link = (name, query = "") => `#/s/${encodeURIComponent(name)}${query}`;

    // The address is the state: #/ or #/s/NAME?call=7&at=956512000000&tab=calls
    function readAddress() {
        const [path, query = ""] = location.hash.replace(/^#/, "").split("?");
        const found = /^\/s\/(.+)$/.exec(path);
        let name = null;
        try {
            name = found && decodeURIComponent(found[1]);
        } catch {
            name = null;
        }
        return { name, path, query: new URLSearchParams(query) };
    }

    // --- theme --------------------------------------------------------------------------------
    const THEMES = ["auto", "light", "dark"];
    const darkWanted = matchMedia("(prefers-color-scheme: dark)");

    function storedTheme() {
        try {
            const theme = localStorage.getItem("ripcord-theme");
            return THEMES.includes(theme) ? theme : "auto";
        } catch {
            return "auto";
        }
    }

    function applyTheme(theme) {
        page.theme = theme;
        const dark = theme === "dark" || (theme === "auto" && darkWanted.matches);
        document.documentElement.dataset.theme = dark ? "dark" : "light";
        const button = byId("theme");
        if (button)
            button.textContent = `◐ ${theme[0].toUpperCase()}${theme.slice(1)}`;
        if (page.view)
            page.view.redraw();
    }

    const PAPER = 700; // A4 without its margins, in CSS pixels

    // Paper is light and narrow: the drawings are made for it.
    function print(begins) {
        const dark = page.theme === "dark" || (page.theme === "auto" && darkWanted.matches);
        document.documentElement.dataset.theme = dark && !begins ? "dark" : "light";
        ripcord.paper = begins ? PAPER : null;
        if (page.view)
            page.view.draw();
        if (page.view && !begins)
            page.view.redraw();
    }

    function nextTheme() {
        const theme = THEMES[(THEMES.indexOf(page.theme) + 1) % THEMES.length];
        try {
            localStorage.setItem("ripcord-theme", theme);
        } catch {
            // not kept, then
        }
        applyTheme(theme);
    }

    // --- head and list at the left ------------------------------------------------------------
    function head() {
        const run = page.run;
        const facts = [run.started && `${run.started.replace("T", " ").replace("Z", "")} UTC`,
                       run.version, run.host].filter(Boolean);
        return element("header.head", {},
            element("a.brand", { href: "#/" }, ripcord.logo(), element("span", {}, element("b", {}, "ripcord"), " report")),
            element("div.facts", {}, facts.map((fact) => element("span", {}, fact))),
            element("button", { type: "button", id: "theme", title: "Theme (T)", onclick: nextTheme }, "Theme"),
            element("button", { type: "button", "aria-label": "Keys", title: "Keys (?)", onclick: () => byId("keys").showModal() }, "?"));
    }

    function dot(index, column) {
        const result = page.results[index];
        return element("a.dot", { href: link(result.name), "data-name": result.name,
            title: `${result.name}: ${ripcord.STATUS_WORDS[result.status]}`,
            "aria-label": `${column || result.name}: ${ripcord.STATUS_WORDS[result.status]}` }, sign(result.status));
    }

    function worstOf(indices) {
        const status = ripcord.worst(indices.map((index) => page.results[index].status));
        return indices.find((index) => page.results[index].status === status);
    }

    // People read titles; the technical name is what tells rows of one title apart.
    function nameOf(href, title, { base, short }) {
        const [, cases] = /\/(.*)$/.exec(short) || [];
        return element("a.name", { href, title: title ? `${title}\n${base}` : base }, element("span.clamp", {}, title || short),
                       title && cases !== undefined && element("small", {}, cases));
    }

    // A status with its count: pressed, it is the filter.
    function statusChips(filter) {
        const used = ORDER.filter((status) => page.run.counts[status] > 0);
        return used.length > 1 && element("div.chips", {}, used.map((status) => element("button", { type: "button", "data-status": status,
            "aria-pressed": "false", "aria-label": `Only ${status}: ${page.run.counts[status]}`, onclick: () => {
                filter.value = filter.value === status ? "" : status;
                filterSide(filter.value);
            } }, `${ripcord.STATUS_SIGNS[status]} ${page.run.counts[status]}`)));
    }

    function side() {
        const filter = element("input", { type: "search", id: "filter", placeholder: "Filter scenarios   /",
                                          "aria-label": "Filter scenarios", oninput: () => filterSide(filter.value) });
        const nav = element("nav.side", { "aria-label": "Scenarios" }, filter, statusChips(filter));
        const failed = page.results.filter(isBad);
        if (failed.length > 0)
            nav.append(element("h2", {}, "Failed"), element("ul", {}, failed.slice(0, 100).map((result) => {
                const parts = ripcord.splitName(result.name);
                return element("li", { "data-name": result.name, "data-text": searchText(result) }, sign(result.status),
                    nameOf(link(result.name), result.title, parts), element("span.column", {}, parts.column));
            })));
        for (const { folder, rows } of page.matrix.folders) {
            const list = element("ul");
            for (const row of rows) {
                const cells = page.matrix.columns.filter((column) => row.cells.has(column))
                    .map((column) => [column, row.cells.get(column)]);
                const first = worstOf(cells.flatMap(([, indices]) => indices));
                list.append(element("li", { "data-text": cells.flatMap(([, indices]) => indices)
                    .map((index) => searchText(page.results[index])).join(" ") },
                    nameOf(link(page.results[first].name), row.title, row),
                    cells.map(([column, indices]) => dot(worstOf(indices), column))));
            }
            nav.append(element("h2", {}, folder || "scenarios"), list);
        }
        return nav;
    }

    const searchText = (result) => `${result.name} ${result.title || ""} ${result.status}`.toLowerCase();

    function filterSide(text) {
        const words = text.toLowerCase().split(/\s+/).filter(Boolean);
        for (const item of document.querySelectorAll(".side li"))
            item.classList.toggle("hidden", !words.every((word) => item.dataset.text.includes(word)));
        for (const chip of document.querySelectorAll(".chips button"))
            chip.setAttribute("aria-pressed", String(chip.dataset.status === text));
        for (const list of document.querySelectorAll(".side ul")) {
            const none = !list.querySelector("li:not(.hidden)");
            list.classList.toggle("hidden", none);
            list.previousElementSibling.classList.toggle("hidden", none);
        }
    }

    function markHere(name) {
        for (const item of document.querySelectorAll(".side li[data-name]"))
            item.classList.toggle("here", item.dataset.name === name);
        for (const item of document.querySelectorAll(".side a.dot")) {
            if (item.dataset.name === name)
                item.setAttribute("aria-current", "page");
            else
                item.removeAttribute("aria-current");
        }
    }

    // --- overview -----------------------------------------------------------------------------
    const ORDER = ["failed", "fixed", "broken", "known", "skipped", "passed"];

    function proportions(counts) {
        const words = ORDER.filter((status) => counts[status] > 0)
            .map((status) => `${counts[status]} ${ripcord.STATUS_WORDS[status]}`).join(", ");
        return element("div.bar", { role: "img", "aria-label": words }, ORDER.filter((status) => counts[status] > 0)
            .map((status) => element(`span.${status}`, { style: `flex:${counts[status]}` })));
    }

    function counts(run) {
        const list = element("dl.counts.panel");
        const add = (status, number, words) =>
            list.append(element(`div.${status}`, {}, element("dt", {}, words), element("dd", {}, String(number))));
        for (const status of ["failed", "broken", "fixed", "passed", "known", "skipped"])
            if (run.counts[status] > 0 || status === "passed")
                add(status, run.counts[status], ripcord.STATUS_WORDS[status]);
        const rows = page.matrix.folders.reduce((sum, { rows: list_ }) => sum + list_.length, 0);
        const seeds = new Set(page.results.map((result) => result.seed)).size;
        add("size", [rows, page.matrix.columns.length, ...(seeds > 1 ? [seeds] : [])].join(" × "),
            `scenarios × ${page.matrix.columns.every((column) => /^\d/.test(column)) ? "releases" : "subjects"}${seeds > 1 ? " × seeds" : ""}`);
        add("virtual", ripcord.formatDuration(run.virtual_ns), "virtual time");
        if (run.wall_ns > 0) {
            add("wall", ripcord.formatDuration(run.wall_ns), "wall time");
            if (run.virtual_ns > 2 * run.wall_ns)
                add("ratio", Math.round(run.virtual_ns / run.wall_ns).toLocaleString("en") + "×", "faster than real time");
        }
        return list;
    }

    function card(result) {
        const checks = result.failed || [];
        const first = checks[0];
        const facts = [result.name, result.seed !== undefined && `seed ${result.seed}`,
            result.checks > 0 && `${result.checks_failed} of ${result.checks} checks failed`].filter(Boolean).join(" · ");
        return element("article.card.panel", {}, sign(result.status), element("div", {},
            element("h3", {}, element("a", { href: link(result.name) }, result.title || result.name), changeChip(result)),
            element("div.sub", {}, facts),
            result.reason && element("p.why", {}, result.reason),
            first && ripcord.seenList(first, [element("dt", {}, "check"),
                element("dd", {}, `${first.expr || ""}  `, element("span.muted", {}, ripcord.place(first)))]),
            first && ripcord.why(first, 2)));
    }

    // Of many seeds how many hold, and the first that does not.
    function seedsText(tried, failed, first) {
        return `${tried - failed}/${tried}` + (first !== undefined ? `, seed ${first}` : "");
    }

    function cellText(indices) {
        const results = indices.map((index) => page.results[index]), [result] = results;
        if (results.length > 1) {
            const bad = results.filter(isBad);
            return seedsText(results.length, bad.length, bad.length > 0 ? bad[0].seed : undefined);
        }
        if (result.seeds > 0)
            return seedsText(result.seeds, result.failed_seeds, result.first_failing_seed);
        if (result.status === "known")
            return result.known || "known";
        return result.status === "skipped" ? "skipped" : ripcord.formatDuration(result.t);
    }

    function changeChip(result) {
        const since = ripcord.since(result);
        return ["new", "known", "fixed"].includes(since) && element(since === "new" ? "span.chip.warn" : "span.chip", {}, since);
    }

    function matrix() {
        const { columns, folders } = page.matrix;
        const body = element("tbody");
        for (const { folder, rows } of folders) {
            body.append(element("tr.folder", {}, element("th", { colspan: columns.length + 1, scope: "rowgroup" }, folder || "scenarios")));
            for (const row of rows)
                body.append(element("tr", {},
                    element("th", { scope: "row" }, row.title || row.short, row.title && element("span", {}, row.base)),
                    columns.map((column) => {
                        const indices = row.cells.get(column);
                        if (!indices)
                            return element("td.muted", { "aria-label": "not run" }, "");
                        const worst = worstOf(indices);
                        return element("td", {}, element("a", { href: link(page.results[worst].name) },
                            sign(page.results[worst].status), cellText(indices), changeChip(page.results[worst])));
                    })));
        }
        const heading = (column) => (/^\d/.test(column) ? `Hadoop ${column}` : column || "result");
        const used = ORDER.filter((status) => page.run.counts[status] > 0);
        return element("div.matrix.panel", {},
            element("table", {}, element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Scenario"),
                columns.map((column) => element("th", { scope: "col" }, heading(column))))), body),
            element("div.legend", {}, used.map((status) => element("span", {}, sign(status), ripcord.STATUS_MEANINGS[status]))));
    }

    function seedWords() {
        const seeds = [...new Set(page.results.map((result) => result.seed))];
        return seeds.length === 1 && seeds[0] !== undefined ? `seed ${seeds[0]}` : "";
    }

    function overview() {
        const run = page.run;
        const failed = page.results.filter(isBad);
        const status = failed.length > 0 ? ripcord.worst(failed.map((result) => result.status)) :
            run.counts.passed > 0 ? "passed" : ripcord.worst(page.results.map((result) => result.status));
        return [
            element("div.title", {}, sign(page.results.length > 0 ? status : "skipped", true), element("h1", {}, run.verdict,
                run.baseline && element("small", {}, ripcord.changeWords(run, page.results)))),
            page.results.length > 0 && proportions(run.counts),
            page.results.length > 0 && counts(run),
            run.command && ripcord.command(run.command, seedWords()),
            ripcord.changeCards(run, page.results),
            failed.length > 0 && element("h2", {}, "Failures"),
            [...failed].sort((a, b) => isNew(b) - isNew(a)).slice(0, 50).map(card),
            failed.length > 50 && element("p.muted", {}, `${failed.length - 50} more in the matrix`),
            page.results.length > 0 && element("h2", {}, "Matrix", element("small", {}, "scenario × release; the figure is virtual time")),
            page.results.length > 0 && matrix(),
        ];
    }

    // --- from the address to the page -----------------------------------------------------------
    async function showScenario(result, query) {
        const main = byId("main");
        if (page.view && page.view.result === result) {
            page.view.follow(query);
            return;
        }
        if (page.view)
            page.view.close();
        page.view = null;
        document.title = `${ripcord.STATUS_SIGNS[result.status]} ${result.name} – ripcord`;
        let text = null;
        try {
            text = await ripcord.recordText(page.results.indexOf(result));
        } catch (error) {
            text = null;
        }
        if (readAddress().name !== result.name)
            return; // the reader has moved on meanwhile
        page.view = ripcord.scenarioView(result, text);
        main.replaceChildren();
        ripcord.append(main, page.view.parts);
        page.view.opened(query);
        scrollTo(0, 0);
    }

    function show() {
        const { name, path, query } = readAddress();
        const result = page.results.find((one) => one.name === name);
        markHere(name);
        if (result) {
            showScenario(result, query);
            return;
        }
        if (page.view)
            page.view.close();
        page.view = null;
        document.title = `${page.run.verdict} – ripcord`;
        const main = byId("main");
        main.replaceChildren();
        if (name !== null)
            main.append(element("p.note.panel", {}, `There is no result called ${name} in this report.`));
        ripcord.append(main, path === "/cmp" ? ripcord.comparePage(page.run, page.results) : overview());
        scrollTo(0, 0);
    }

    // --- keys -----------------------------------------------------------------------------------
    const KEYS = [["← →", "previous, next event"], ["Shift ← →, A D", "pan"], ["+ −, W S", "zoom"],
                  ["0", "the whole run"], ["F", "next fault"], ["X", "next failed check"], ["G", "folded or linear time"],
                  ["Enter, Esc", "select, clear"], ["N P", "next, previous failed scenario"], ["/", "filter"],
                  ["T", "theme"], ["?", "this list"]];

    function keyList() {
        return element("dialog", { id: "keys" }, element("h2", {}, "Keys"),
            element("dl", {}, KEYS.map(([keys, what]) => [element("dt", {}, keys), element("dd", {}, what)])),
            element("button", { type: "button", onclick: () => byId("keys").close() }, "Close"));
    }

    function stepFailed(step) {
        const failed = page.results.filter(isBad);
        if (failed.length === 0)
            return;
        const at = failed.findIndex((result) => result.name === readAddress().name);
        const next = at < 0 ? (step > 0 ? 0 : failed.length - 1) : (at + step + failed.length) % failed.length;
        location.hash = link(failed[next].name);
    }

    function onKey(event) {
        const typing = event.target.closest && event.target.closest("input, select, textarea, dialog, [role=tablist]");
        if (event.ctrlKey || event.metaKey || event.altKey || typing)
            return;
        const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
        if (key === "/")
            byId("filter").focus();
        else if (key === "?")
            byId("keys").showModal();
        else if (key === "t")
            nextTheme();
        else if (key === "n" || key === "p")
            stepFailed(key === "n" ? 1 : -1);
        else if (!page.view || !page.view.key(key, event))
            return;
        event.preventDefault();
    }

    function start() {
        const index = JSON.parse(byId("ripcord-index").textContent);
        page.run = index.run;
        page.results = index.results;
        page.results.forEach((result, i) => { result.index = i; });
        page.matrix = ripcord.buildMatrix(page.results);
        const main = byId("main");
        document.body.className = "script";
        document.body.prepend(head(), side());
        document.body.append(keyList(), element("div.spoken", { id: "live", "aria-live": "polite" }));
        main.tabIndex = -1;
        applyTheme(storedTheme());
        darkWanted.addEventListener("change", () => applyTheme(page.theme));
        addEventListener("beforeprint", () => print(true));
        addEventListener("afterprint", () => print(false));
        addEventListener("hashchange", show);
        addEventListener("keydown", onKey);
        show();
    }

    Object.assign(ripcord, { start, link, isBad, page });
})();
