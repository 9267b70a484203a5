// One scenario: verdict, facts, replay command, failed checks beside their Lua lines, timeline,
// tables.  There is one selection for all of them: { call, conn, fault, at }.
"use strict";

(() => {
    const { element } = ripcord;
    const BAD_SHOWN = 20;

    // The record of result `index` as text: plain, or gzip in base64.
    async function recordText(index) {
        const holder = document.querySelector(`script[data-record="${index}"]`);
        if (!holder)
            return null;
        if (holder.dataset.encoding !== "gzip")
            return holder.textContent;
        const packed = Uint8Array.from(atob(holder.textContent.trim()), (c) => c.charCodeAt(0));
        const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
        return new Response(stream).text();
    }

    const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

    const wordsOf = (list) => (Array.isArray(list) ? list.filter((word) => typeof word === "string") : []);

    function factsLine(result, model) {
        const scenario = model.scenario;
        const facts = [];
        const fact = (strong, rest) => facts.push(element("span", {}, element("b", {}, strong), rest ? ` ${rest}` : ""));
        facts.push(element("span.mono", {}, result.name));
        if (scenario.release)
            fact(`Hadoop ${scenario.release}`);
        if (scenario.subject && scenario.subject !== "self")
            fact(scenario.subject, "subject");
        facts.push(element("span", {}, "seed ", element("b", {}, String(scenario.seed ?? result.seed ?? "–"))));
        fact(ripcord.formatDuration(result.t), scenario.world === "live" ? "" : "virtual");
        if (result.wall_ns > 0)
            fact(ripcord.formatDuration(result.wall_ns), "wall");
        if (result.seeds > 0)
            fact(`${result.seeds - result.failed_seeds} / ${result.seeds}`, "seeds hold");
        fact(String(model.calls.length), model.calls.length === 1 ? "call" : "calls");
        fact(String(model.faults.length), model.faults.length === 1 ? "fault" : "faults");
        const held = model.checks.filter((check) => check.ok).length;
        if (model.checks.length > 0)
            fact(`${held} / ${model.checks.length}`, "checks hold");
        if (ripcord.place(result))
            facts.push(element("span.mono", {}, ripcord.place(result)));
        for (const [name, value] of Object.entries(scenario.config || {}))
            facts.push(element("span", {}, `${name} `, element("b", {}, String(value))));
        for (const word of [scenario.known, ...wordsOf(scenario.refs).filter((ref) => ref !== scenario.known)].filter(Boolean))
            facts.push(element("span.chip", {}, String(word)));
        if (wordsOf(scenario.tags).length > 0)
            facts.push(element("span", {}, wordsOf(scenario.tags).map((tag) => `#${tag}`).join(" ")));
        return element("div.facts-line", {}, facts);
    }

    // Lines around a check without the indentation that they share.
    function dedent(lines) {
        const margins = lines.map(([, text]) => String(text)).filter((text) => text.trim() !== "")
            .map((text) => text.length - text.trimStart().length);
        const margin = margins.length > 0 ? Math.min(...margins) : 0;
        return lines.map(([number, text]) => [number, String(text).slice(margin)]);
    }

    function sourceLines(check) {
        const lines = dedent((Array.isArray(check.source) ? check.source : []).filter(Array.isArray));
        if (lines.length === 0)
            return element("div.source", {}, element("div.place", {}, ripcord.place(check) || "no source line"));
        return element("div.source", { tabindex: "0", role: "region", "aria-label": "Source" },
            element("div.place", {}, ripcord.place(check)),
            element("ol", {}, lines.map(([number, text]) => element(number === check.line ? "li.here" : "li", {},
                element("span", {}, String(number)), String(text)))));
    }

    function failure(check, view) {
        const about = check.about !== null && typeof check.about === "object" ? check.about : {};
        const t = ripcord.checkTime(check);
        const jump = (words, selection) => element("button", { type: "button", onclick: () => view.select(selection, true) }, words);
        return element("article.failure.panel", { id: `check-${check.id}` }, element("div.what", {},
            element("h2", {}, `✕ ${check.id || ""} `, element("code", {}, check.expr || check.kind || "check")),
            ripcord.seenList(check),
            ripcord.why(check),
            element("div.jumps", {},
                jump(`Show at ${ripcord.formatExact(t)}`, { at: t }),
                about.call !== undefined && jump(`Call ${about.call}`, { call: about.call }),
                about.conn !== undefined && jump(`Conn ${about.conn}`, { conn: about.conn }),
                about.fault !== undefined && jump(`Fault ${about.fault}`, { fault: about.fault }))), sourceLines(check));
    }

    // What a hover says: a heading, then facts.
    function explain(model, { kind, item }) {
        const time = (t) => ripcord.formatExact(t);
        const took = (a, b) => (Number.isFinite(b) ? `${time(a)} to ${time(b)}, ${ripcord.formatDuration(b - a)}` : `from ${time(a)}, never ended`);
        const on = [Number.isFinite(item.conn) && `connection ${item.conn}`, Number.isFinite(item.call) && `call ${item.call}`]
            .filter(Boolean).join(", ");
        if (kind === "call")
            return [`Call ${item.id} ${ripcord.callName(item)}: ${ripcord.endingWords(item)}`, took(item.t, item.end),
                    on, ripcord.errorText(item)].filter(Boolean);
        if (kind === "conn") {
            const states = item.client.length > 0 ? item.client : item.server;
            return [`Connection ${item.id}`, [item.line.local, item.line.remote].filter(Boolean).join(" → "), plural(item.calls, "call"),
                    ...states.slice(-6).map((state) => `${time(state.t)} ${String(state.to).replace(/_/g, " ")}${state.why ? `: ${state.why}` : ""}`)]
                .filter(Boolean);
        }
        if (kind === "fault")
            return [`${item.id || ""} ${item.kind || "fault"}`, took(item.t, item.end).replace("never ended", "to the end"),
                    ripcord.targetWords(item), `struck ${plural(Number(item.strikes) || 0, "time")}`].filter(Boolean);
        if (kind === "check")
            return [`${item.id || "check"} ${item.ok ? "holds" : "failed"}`, item.expr || "", item.ok ? "" : `expected ${item.expected ?? ""}`,
                    item.ok ? "" : `seen ${item.actual ?? ""}`, time(ripcord.checkTime(item))].filter(Boolean);
        if (kind === "msg")
            return [ripcord.describeMessage(item), took(item.t, item.rx).replace("never ended", "never received")];
        if (kind === "span")
            return [`${item.kind || "work"} ${item.label || ""}`, took(item.t, item.end), on].filter(Boolean);
        return [item.text || item.kind || "event", time(item.t), on].filter(Boolean);
    }

    // Only what this timeline shows.
    function legend({ model, axis }) {
        const ends = (group) => model.calls.some((call) => ripcord.endingGroup(call) === group);
        const states = (name) => model.states.some((state) => name.test(state.to));
        return [
            [ends("ok"), "background:var(--call)", "call: value"],
            [ends("remote"), "background:var(--warn-mark)", "remote error"],
            [ends("local"), "background:var(--fail-mark)", "✕ failed here"],
            [ends("never"), "border:1.5px dashed var(--muted)", "never ended"],
            [states(/^open/), "background:var(--open)", "connection open"],
            [states(/^connecting$/), "background:var(--connecting)", "connecting"],
            [states(/^(header|sasl|context)$/), "background:var(--setup)", "set-up"],
            [model.msgs.length > 0, "background:linear-gradient(to top right,transparent 44%,var(--call) 44% 56%,transparent 56%)", "message on its way"],
            [model.msgs.some((msg) => msg.fate === "dropped" && ripcord.isHurt(msg)), "border-top:1.5px solid var(--fault);height:5px", "✕ dropped"],
            [model.msgs.some((msg) => ["held", "delayed"].includes(msg.fate)), "border-top:1.5px dotted var(--fault);height:5px", "held, delayed"],
            [model.faults.length > 0, "background:repeating-linear-gradient(135deg,var(--fault) 0 1px,var(--fault-tint) 1px 5px)",
             "fault active"],
            [axis.folds.length > 0, "background:var(--fold);border:1px solid var(--fold-edge);border-width:0 1px",
             "idle gap, not to scale"],
            [axis.plateaus.size > 0, "background:var(--fold-edge);height:4px", "one instant, drawn in order"],
        ].filter(([shown]) => shown).map(([, style, words]) => element("span", {}, element("span.mark", { style }), words));
    }

    function timelinePanel(timeline) {
        const folded = element("button", { type: "button", "aria-pressed": "true", title: "G" }, "Idle gaps folded");
        const linear = element("button", { type: "button", "aria-pressed": "false", title: "G" }, "Linear");
        const setFolded = (on) => {
            folded.setAttribute("aria-pressed", String(on));
            linear.setAttribute("aria-pressed", String(!on));
            timeline.setFolded(on);
        };
        folded.addEventListener("click", () => setFolded(true));
        linear.addEventListener("click", () => setFolded(false));
        const toggle = (words, what) => {
            const button = element("button", { type: "button", "aria-pressed": "false", onclick: () => {
                timeline.setShown(what, !timeline.show[what]);
                button.setAttribute("aria-pressed", String(timeline.show[what]));
            } }, words);
            return button;
        };
        const tool = (words, label, act) => element("button", { type: "button", "aria-label": label, title: label, onclick: act }, words);
        const panel = element("section.timeline.panel", { "aria-labelledby": "timeline-title" }, element("header", {},
            element("h2", { id: "timeline-title" }, "Timeline"), timeline.range,
            ripcord.hasManyConnections(timeline.model) && toggle("By client", "byClient"),
            ripcord.hasSideLanes(timeline.model) && toggle("All lanes", "all"), element("span.join", {}, folded, linear),
            element("span.join", {}, tool("−", "Zoom out", () => timeline.zoom(1 / 1.5)), tool("+", "Zoom in", () => timeline.zoom(1.5)),
                    tool("Fit", "Fit the whole run", () => timeline.all()))),
            timeline.canvas,
            element("div.legend", { "aria-hidden": "true" }, legend(timeline)));
        document.body.append(timeline.tip);
        return { panel, setFolded };
    }

    function makeTabs(tabs) {
        const list = element("div", { role: "tablist", "aria-label": "Tables" });
        const panel = element("div", { role: "tabpanel", id: "tab-panel", tabindex: "-1" });
        let open = null;
        const buttons = tabs.map((tab) => element("button", { type: "button", role: "tab", id: `tab-${tab.id}`,
            "aria-controls": "tab-panel", onclick: () => show(tab.id) }, tab.title, tab.count !== undefined && element("small", {}, tab.count)));
        let shown = null;
        const show = (id) => {
            open = tabs.find((tab) => tab.id === id) || tabs[0];
            tabs.forEach((tab, i) => {
                buttons[i].setAttribute("aria-selected", String(tab === open));
                buttons[i].tabIndex = tab === open ? 0 : -1;
            });
            panel.setAttribute("aria-labelledby", `tab-${open.id}`);
            shown = open.make();
            panel.replaceChildren(shown);
        };
        list.append(...buttons);
        list.addEventListener("keydown", (event) => {
            const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
            if (!step)
                return;
            const next = (tabs.indexOf(open) + step + tabs.length) % tabs.length;
            show(tabs[next].id);
            buttons[next].focus();
        });
        const element_ = element("section.tabs.panel", {}, list, panel);
        return { element: element_, show, current: () => open && open.id, again: () => open && show(open.id),
                 draw: () => shown && shown.draw && shown.draw(),
                 selected: () => (shown && shown.redraw ? shown.redraw() : open && show(open.id)) };
    }

    // The page of one result.  `text` is its record, or null: it is not in this report.
    function scenarioView(result, text) {
        const model = ripcord.parseRecord(text || "");
        const has = text !== null && (model.calls.length + model.msgs.length + model.states.length + model.marks.length +
            model.checks.length + model.faults.length + model.spans.length + model.logs.length > 0);
        const view = { result, selection: {}, parts: [], timeline: null };
        const timeline = has ? new ripcord.Timeline(model, { onSelect: (selection) => view.select(selection) }) : null;
        const panel = timeline && timelinePanel(timeline);
        view.timeline = timeline;
        view.heldTime = (msg) => ripcord.heldTime(model, msg);
        const tabs = has && makeTabs([
            { id: "space", title: "Space-time", make: () => ripcord.spaceTime(model, view) },
            { id: "calls", title: "Calls", count: model.calls.length, make: () => ripcord.callsTable(model, view) },
            { id: "conns", title: "Connections", count: model.connections.length, make: () => ripcord.connectionsTable(model, view) },
            { id: "frames", title: "Frames", count: model.msgs.length, make: () => ripcord.messagesTable(model, view) },
            { id: "latency", title: "Latency", make: () => ripcord.latencyTab(model) },
            { id: "faults", title: "Faults & checks", count: model.faults.length + model.checks.length,
              make: () => ripcord.faultsAndChecks(model, view) },
            { id: "events", title: "Events", make: () => ripcord.eventsTable(model, view) },
        ]);
        const events = has ? ripcord.listEvents(model) : [];
        const failed = model.checks.filter((check) => !check.ok);
        const shown = failed.length > 0 ? failed : result.failed || [];

        view.parts = [
            element("div.title", {}, ripcord.sign(result.status, true), element("h1", {}, result.title || result.name)),
            factsLine(result, model),
            result.replay && element("div.under-title", {}, ripcord.command(result.replay)),
            (result.reason || result.status === "fixed") && element("p.note.panel", {}, element("b", {},
                `${ripcord.STATUS_WORDS[result.status]}`), result.reason ? `: ${result.reason}` : ""),
            model.truncated && element("p.note.panel", {}, "The record ends in the middle of a line: what follows is missing."),
            text === null && element("p.note.panel", {}, "This report does not hold the record of this result; the command above plays it again."),
            shown.slice(0, BAD_SHOWN).map((check) => failure(check, view)),
            shown.length > BAD_SHOWN && element("p.muted", {}, `${shown.length - BAD_SHOWN} more failed checks below`),
            panel && panel.panel, tabs && tabs.element,
            model.skipped + model.unknown > 0 && element("p.muted", {}, `${plural(model.skipped, "line")} of the record did not parse, ` +
                `${model.unknown} of an unknown type.`),
        ];

        const remember = () => {
            const query = new URLSearchParams();
            for (const [key, value] of Object.entries(view.selection))
                if (value !== undefined)
                    query.set(key, value);
            if (tabs && tabs.current() !== "space")
                query.set("tab", tabs.current());
            const text_ = query.toString();
            history.replaceState(null, "", ripcord.link(result.name, text_ ? `?${text_}` : ""));
        };
        view.select = (selection, scroll) => {
            view.selection = Object.fromEntries(Object.entries(selection).filter(([, value]) => value !== undefined && value !== null));
            if (!timeline)
                return;
            timeline.select(view.selection);
            tabs.selected();
            remember();
            if (scroll)
                panel.panel.scrollIntoView({ block: "start", behavior: "instant" });
        };
        view.openMessage = (msg) => {
            view.selection = { msg: msg.id, conn: msg.conn, call: msg.call };
            tabs.show("frames");
            view.select({ msg: msg.id, conn: msg.conn, call: msg.call, at: msg.t });
        };
        view.showCheck = (check) => {
            const card = document.getElementById(`check-${check.id}`);
            view.select({ at: ripcord.checkTime(check) });
            if (card)
                card.scrollIntoView({ block: "center", behavior: "instant" });
        };
        view.follow = (query) => {
            const number = (key) => (query.has(key) && Number.isFinite(Number(query.get(key))) ? Number(query.get(key)) : undefined);
            view.selection = Object.fromEntries(Object.entries({ call: number("call"), conn: number("conn"), at: number("at"), msg: number("msg"),
                fault: query.get("fault") ?? undefined }).filter(([, value]) => value !== undefined));
            if (timeline) {
                timeline.select(view.selection);
                tabs.show(query.get("tab") || "space");
            }
        };
        // A failure opens with the way of the call that it is about.
        view.opened = (query) => {
            const about = failed.length > 0 && failed[0].about;
            const asked = ["call", "conn", "at", "fault"].some((key) => query.has(key));
            if (!asked && about && Number.isFinite(about.call))
                query = new URLSearchParams([...query, ["call", about.call]]);
            view.follow(query);
        };
        view.redraw = () => {
            if (timeline) {
                timeline.redraw();
                tabs.again();
            }
        };
        view.draw = () => {
            if (timeline) {
                timeline.draw();
                tabs.draw();
            }
        };
        view.close = () => timeline && timeline.close();

        const say = (words) => { document.getElementById("live").textContent = words; };
        const step = (direction) => {
            const at = view.selection.at ?? (direction > 0 ? -1 : Infinity);
            const next = direction > 0 ? events.find((event) => event.t > at) : events.findLast((event) => event.t < at);
            if (next) {
                view.select({ at: next.t });
                say(`${ripcord.formatExact(next.t)}, ${next.where}, ${next.text}`);
            }
        };
        const nextOf = (times) => {
            const sorted = [...times].sort((a, b) => a - b);
            const next = sorted.find((t) => t > (view.selection.at ?? -1)) ?? sorted[0];
            if (next !== undefined)
                view.select({ at: next });
        };
        const enter = () => {
            const here = events.filter((event) => event.t === view.selection.at).find((event) => event.about.call !== undefined);
            if (here)
                view.select({ call: here.about.call });
        };
        view.key = (key, event) => {
            if (!timeline)
                return false;
            const onTable = event.target.closest && event.target.closest(".grid, .source");
            const acts = {
                ArrowRight: () => (event.shiftKey ? timeline.pan(0.2) : step(1)),
                ArrowLeft: () => (event.shiftKey ? timeline.pan(-0.2) : step(-1)),
                a: () => timeline.pan(-0.2), d: () => timeline.pan(0.2), w: () => timeline.zoom(1.5), s: () => timeline.zoom(1 / 1.5),
                "+": () => timeline.zoom(1.5), "=": () => timeline.zoom(1.5), "-": () => timeline.zoom(1 / 1.5), 0: () => timeline.all(),
                g: () => panel.setFolded(!timeline.folded), Escape: () => view.select({}),
                f: () => nextOf(model.faults.map((fault) => fault.t)),
                x: () => nextOf(failed.map(ripcord.checkTime)),
            };
            if (key === "Enter" && document.activeElement === timeline.canvas)
                enter();
            else if (!Object.hasOwn(acts, key) || (onTable && key.startsWith("Arrow")))
                return false;
            else
                acts[key]();
            return true;
        };
        return view;
    }

    Object.assign(ripcord, { recordText, scenarioView, explain });
})();
