// How long calls took: a logarithmic histogram stacked by ending, and percentiles by method.
"use strict";

(() => {
    const { element } = ripcord;
    const GROUPS = [["ok", "--call", "value"], ["remote", "--warn-mark", "remote error"], ["local", "--fail-mark", "failed here"]];
    const STEPS = 4; // buckets a decade

    // The value below which `share` of the sorted numbers lie (nearest rank).
    function percentile(sorted, share) {
        return sorted.length === 0 ? NaN : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    }

    // Buckets [from, to) with the calls of each group; what took no time at all has one of its own.
    function latencyBuckets(calls) {
        const ended = calls.filter((call) => Number.isFinite(call.end));
        const indexOf = (call) => (call.end - call.t < 1 ? -1 : Math.floor(STEPS * Math.log10(call.end - call.t)));
        const indices = ended.map(indexOf), positive = indices.filter((index) => index >= 0);
        const low = positive.reduce((a, b) => Math.min(a, b), Infinity), high = positive.reduce((a, b) => Math.max(a, b), -Infinity);
        const buckets = [];
        const add = (from, to) => buckets.push({ from, to, ok: 0, remote: 0, local: 0, sum: 0 });
        if (indices.includes(-1))
            add(0, 0);
        const first = buckets.length;
        for (let index = low; index <= high; index++)
            add(10 ** (index / STEPS), 10 ** ((index + 1) / STEPS));
        ended.forEach((call, i) => {
            const bucket = buckets[indices[i] < 0 ? 0 : first + indices[i] - low];
            bucket[ripcord.endingGroup(call)]++;
            bucket.sum++;
        });
        return buckets;
    }

    function histogram(calls) {
        const buckets = latencyBuckets(calls), most = Math.max(1, ...buckets.map((bucket) => bucket.sum));
        const name = ({ from, to }) => (to === 0 ? "no time" : `${ripcord.formatDuration(from)} to ${ripcord.formatDuration(to)}`);
        const every = Math.ceil(buckets.length / 12);
        const words = buckets.filter((bucket) => bucket.sum > 0).map((bucket) => `${name(bucket)}: ${bucket.sum}`).join("; ");
        return element("div.histogram", { role: "img", "aria-label": `Calls by how long they took. ${words}` }, buckets.map((bucket, i) =>
            element("div", { title: `${name(bucket)}: ${bucket.sum} call${bucket.sum === 1 ? "" : "s"}` },
                element("b", {}, bucket.sum > 0 ? String(bucket.sum) : ""),
                GROUPS.filter(([group]) => bucket[group] > 0).map(([group, colour]) =>
                    element("i", { style: `height:${180 * bucket[group] / most}px;background:var(${colour})` })),
                element("span", {}, i % every === 0 ? (bucket.to === 0 ? "0" : ripcord.formatDuration(bucket.from)) : "\u00a0"))));
    }

    function rowOf(name, calls) {
        const took = calls.filter((call) => Number.isFinite(call.end)).map((call) => call.end - call.t).sort((a, b) => a - b);
        const count = (group) => calls.filter((call) => ripcord.endingGroup(call) === group).length;
        return { name, calls: calls.length, ok: count("ok"), remote: count("remote"), local: count("local"), never: count("never"),
                 p50: percentile(took, 0.5), p90: percentile(took, 0.9), p99: percentile(took, 0.99), most: percentile(took, 1) };
    }

    function latencyTab(model) {
        if (model.calls.length === 0)
            return element("p.empty", {}, "No calls were made.");
        const methods = new Map();
        for (const call of model.calls)
            methods.set(ripcord.callName(call), [...(methods.get(ripcord.callName(call)) || []), call]);
        const rows = [...methods].map(([name, calls]) => rowOf(name, calls));
        if (rows.length > 1)
            rows.unshift(rowOf("all", model.calls));
        const number = (title, key) => ({ title, class: "num", value: (row) => row[key] });
        const time = (title, key) => ({ title, class: "num", value: (row) => row[key],
                                        cell: (row) => (Number.isNaN(row[key]) ? "–" : ripcord.formatDuration(row[key])) });
        return element("div", {}, histogram(model.calls),
            element("div.legend", {}, GROUPS.map(([, colour, words]) => element("span", {}, element("span.mark", { style: `background:var(${colour})` }), words))),
            ripcord.grid({ name: "latency", rows, columns: [{ title: "Method", value: (row) => row.name }, number("Calls", "calls"), number("Value", "ok"),
                number("Remote error", "remote"), number("Failed here", "local"), number("Never ended", "never"),
                time("p50", "p50"), time("p90", "p90"), time("p99", "p99"), time("Longest", "most")] }));
    }

    Object.assign(ripcord, { latencyTab, latencyBuckets, percentile });
})();
