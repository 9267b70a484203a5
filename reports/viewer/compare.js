// Two runs side by side: what fails now and did not, what is fixed, whose calls end otherwise,
// and where two records of one case first differ, with both timelines at that time.
"use strict";

(() => {
    const { element, sign } = ripcord;
    const SECTIONS = [
        ["new", "Newly failing", "it did not fail before"], ["known", "Known", "it failed before, too"],
        ["fixed", "Fixed", "it failed before"],
        ["endings", "Changed endings", "the same verdict, but calls end in another way"],
        ["order", "Changed order", "the same verdict and endings, but another course"],
        ["added", "New results", "not in the earlier run, and nothing is wrong with them"],
    ];

    // How a result stands since the earlier run; what still fails is known, whatever else has changed.
    function since({ change, status }) {
        if (!change)
            return null;
        return ["failed", "broken", "fixed"].includes(status) && change.kind !== "new" ? "known" : change.kind;
    }

    const changed = (results, kind) => results.filter((result) => since(result) === kind);

    // "2 newly failing, 1 fixed", or null when there is nothing to compare with.
    function changeWords(run, results) {
        if (!run.baseline)
            return null;
        const parts = SECTIONS.map(([kind, title]) => [changed(results, kind).length, title.toLowerCase()]).filter(([count]) => count > 0)
            .map(([count, title]) => `${count} ${title}`);
        return parts.length > 0 ? parts.join(", ") : "nothing has changed";
    }

    function recordLine(word, text) {
        return text === undefined ? null : [element("dt", {}, word), element("dd", {}, text)];
    }

    function item(result) {
        const change = result.change;
        const endings = (change.endings || []).slice(0, 5).map(([call, then, now]) => `call ${call}: ${then}, now ${now}`).join("; ");
        return element("article.change.panel", {}, sign(result.status), element("div", {},
            element("h3", {}, element("a", { href: ripcord.link(result.name) }, result.title || result.name)),
            element("div.sub", {}, [result.name,
                change.with ? `compared with ${change.with}` : change.then ? `${ripcord.STATUS_WORDS[change.then] || change.then} before` : "not there before", endings].filter(Boolean).join(" · ")),
            change.line !== undefined && element("details", {}, element("summary", {}, `Line ${change.line} of the record is the first that differs`),
                element("dl.seen", {}, recordLine("before", change.before), recordLine("now", change.now)),
                document.querySelector(`script[data-record="b${result.index}"]`) &&
                    element("button", { type: "button", onclick: (event) => showBoth(result, event.target) }, "Both timelines"))));
    }

    // The earlier course above, the present one below, both at the first difference.
    async function showBoth(result, button) {
        const holder = element("div.both");
        button.replaceWith(holder);
        for (const [title, key, t] of [["Before", `b${result.index}`, result.change.t_before], ["Now", result.index, result.change.t_now]]) {
            const text = await ripcord.recordText(key);
            if (text === null)
                continue;
            const timeline = new ripcord.Timeline(ripcord.parseRecord(text), { onSelect: (selection) => timeline.select(selection) });
            holder.append(element("h4", {}, title), timeline.canvas);
            document.body.append(timeline.tip);
            if (Number.isFinite(t))
                timeline.select({ at: t });
        }
    }

    // Above the failures of the overview.
    function changeCards(run, results) {
        if (!run.baseline)
            return null;
        const when = run.baseline.started ? run.baseline.started.replace("T", " ").replace("Z", " UTC") : "the earlier run";
        return [element("h2", {}, "Since ", element("a", { href: "#/cmp" }, when), element("small", {}, run.baseline.verdict || "")),
            element("div.changes", {}, SECTIONS.map(([kind, title]) => [changed(results, kind), title]).filter(([list]) => list.length > 0)
                .map(([list, title]) => element("a.panel", { href: "#/cmp" }, element("b", {}, String(list.length)), ` ${title.toLowerCase()}`,
                    element("div.muted", {}, list.slice(0, 4).map((result) => result.name).join(", ") + (list.length > 4 ? " …" : "")))),
                SECTIONS.every(([kind]) => changed(results, kind).length === 0) && element("div.panel", {}, "Nothing has changed."))];
    }

    function comparePage(run, results) {
        if (!run.baseline)
            return [element("h1", {}, "Nothing to compare with"), element("p.muted", {}, "This report was made without an earlier run.")];
        const words = changeWords(run, results), gone = run.baseline.gone || [];
        return [
            element("h1", {}, words[0].toUpperCase() + words.slice(1)),
            element("div.facts-line", { style: "margin-left:0" }, `Against ${[run.baseline.started, run.baseline.version, run.baseline.verdict].filter(Boolean).join(" · ")}`),
            SECTIONS.map(([kind, title, what]) => [changed(results, kind), title, what]).filter(([list]) => list.length > 0)
                .map(([list, title, what]) => [element("h2", {}, `${title} (${list.length})`, element("small", {}, what)), list.slice(0, 100).map(item)]).flat(),
            gone.length > 0 && element("h2", {}, `Gone (${gone.length})`, element("small", {}, "only in the earlier run")),
            gone.length > 0 && element("p.mono", {}, gone.slice(0, 200).join(", ")),
        ];
    }

    Object.assign(ripcord, { comparePage, changeCards, changeWords, since });
})();
