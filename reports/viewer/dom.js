// Elements from data: text goes in as text, never as markup.
"use strict";

(() => {
    const SVG = "http://www.w3.org/2000/svg";

    // element("a.name", { href: "#/" }, "text", child): nothing here reads markup.
    function element(selector, attributes = {}, ...children) {
        const [tag, ...classes] = selector.split(".");
        const made = document.createElement(tag);
        if (classes.length > 0)
            made.className = classes.join(" ");
        for (const [name, value] of Object.entries(attributes)) {
            if (name.startsWith("on"))
                made.addEventListener(name.slice(2), value);
            else if (value !== null && value !== undefined && value !== false)
                made.setAttribute(name, value === true ? "" : value);
        }
        append(made, children);
        return made;
    }

    function append(parent, children) {
        for (const child of children.flat(Infinity))
            if (child !== null && child !== undefined && child !== false)
                parent.append(child instanceof Node ? child : String(child));
    }

    // The canopy.
    function logo() {
        const svg = document.createElementNS(SVG, "svg");
        svg.setAttribute("viewBox", "0 0 24 24");
        svg.setAttribute("aria-hidden", "true");
        for (const [d, fill] of [["M2 11a10 9 0 0 1 20 0q-2.5-2-5 0q-2.5-2-5 0q-2.5-2-5 0q-2.5-2-5 0z", true],
                                 ["M2.5 11.5 12 20M7 11.5l5 8.5 5-8.5M21.5 11.5 12 20", false]]) {
            const path = document.createElementNS(SVG, "path");
            path.setAttribute("d", d);
            path.setAttribute("fill", fill ? "currentColor" : "none");
            path.setAttribute("stroke", "currentColor");
            path.setAttribute("stroke-width", fill ? "0" : "1.1");
            svg.append(path);
        }
        const knot = document.createElementNS(SVG, "rect");
        for (const [name, value] of Object.entries({ x: 10, y: 19, width: 4, height: 4, rx: 1 }))
            knot.setAttribute(name, value);
        knot.setAttribute("fill", "currentColor");
        svg.append(knot);
        return svg;
    }

    function sign(status, large) {
        return element(`span.sign.${status}${large ? ".large" : ""}`, {},
                       element("span", { "aria-hidden": "true" }, ripcord.STATUS_SIGNS[status] || "?"),
                       element("span.spoken", {}, ripcord.STATUS_WORDS[status] || status));
    }

    async function copyText(text, button) {
        const say = (word) => {
            button.textContent = word;
            setTimeout(() => { button.textContent = "Copy"; }, 1500);
        };
        try {
            await navigator.clipboard.writeText(text);
            say("Copied");
        } catch {
            // A page opened from a file may have no clipboard: select the text instead.
            getSelection().selectAllChildren(button.previousElementSibling);
            say(document.execCommand("copy") ? "Copied" : "Ctrl+C");
        }
    }

    // A command with a button that copies it, and perhaps a word behind.
    function command(text, words) {
        const button = element("button", { type: "button" }, "Copy");
        button.addEventListener("click", () => copyText(text, button));
        return element("div.command", {}, element("code", {}, text), button, words && element("span.muted", {}, words));
    }

    // expected, seen: what every failure shows, after what stands `before` it.
    function seenList(check, before = []) {
        const list = element("dl.seen", {}, before);
        for (const [word, key] of [["expected", "expected"], ["seen", "actual"]])
            if (check[key] !== undefined && check[key] !== null)
                list.append(element("dt", {}, word), element(`dd.${key}`, {}, check[key]));
        return list;
    }

    // Why it failed: a clause a line, so many of them.
    function why(check, most = Infinity) {
        const clauses = typeof check.why === "string" ? check.why.split(/(?<=; )/) : [];
        return clauses.length > 0 && element("p.why", {}, clauses.slice(0, most).map((clause) => element("span", {}, clause)),
            clauses.length > most && element("span", {}, "…"));
    }

    function place(line) {
        return line.file ? line.file + (line.line ? ":" + line.line : "") : "";
    }

    Object.assign(ripcord, { element, append, logo, sign, command, seenList, why, place });
})();
