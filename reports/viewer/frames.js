// The messages on the wire, and the bytes of one beside its decoded fields.  The fields come
// decoded from the record, so nothing here knows protobuf.
"use strict";

(() => {
    const { element } = ripcord;
    const SHOWN = 1024; // bytes; more would be a page of its own

    function toBytes(hex) {
        const bytes = [];
        for (let i = 0; i + 1 < hex.length && bytes.length < SHOWN; i += 2)
            bytes.push(parseInt(hex.slice(i, i + 2), 16) || 0);
        return bytes;
    }

    const hex = (number, digits) => number.toString(16).padStart(digits, "0");
    const visible = (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·");

    // Sixteen bytes a line, in hex and as text; each is one element, so that pointing at it can
    // tell which field it belongs to.
    function hexDump(bytes, tintOf) {
        const pre = element("pre", { "aria-label": "Bytes" }), cells = [];
        const cell = (i, words) => {
            const made = element(`span${tintOf(i)}`, { "data-byte": i }, words);
            (cells[i] = cells[i] || []).push(made);
            return made;
        };
        for (let row = 0; row < bytes.length; row += 16) {
            const line = bytes.slice(row, row + 16);
            pre.append(element("span.muted", {}, hex(row, 4)), "  ");
            line.forEach((byte, i) => pre.append(cell(row + i, hex(byte, 2)), i === 7 ? "  " : " "));
            pre.append("   ".repeat(16 - line.length) + (line.length < 8 ? " " : "") + " ");
            line.forEach((byte, i) => pre.append(cell(row + i, visible(byte))));
            pre.append("\n");
        }
        return { pre, cells };
    }

    // The innermost field that byte `i` lies in, or -1.
    function fieldAt(fields, i) {
        let found = -1;
        fields.forEach(([offset, length, depth], k) => {
            if (offset <= i && i < offset + length && (found < 0 || (Number(depth) || 0) >= (Number(fields[found][2]) || 0)))
                found = k;
        });
        return found;
    }

    function frameView(frame, msg) {
        if (!frame)
            return element("div.hex", {}, element("b", {}, ripcord.describeMessage(msg)),
                           element("p.muted", {}, "The record holds no bytes of this message."));
        const bytes = toBytes(frame.hex);
        const fields = (Array.isArray(frame.fields) ? frame.fields : []).filter(Array.isArray);
        const owner = bytes.map((_, i) => fieldAt(fields, i));
        const { pre, cells } = hexDump(bytes, (i) => (owner[i] < 0 ? "" : `.tint${owner[i] % 4}`));
        let marked = [];
        const mark = (k) => {
            for (const one of marked)
                one.classList.remove("on");
            const [offset = 0, length = 0] = fields[k] || [];
            marked = [...cells.slice(offset, offset + length).flat(), ...(rows[k] ? [rows[k]] : [])];
            for (const one of marked)
                one.classList.add("on");
        };
        const rows = fields.map(([offset, length, depth, name, value, problem], k) =>
            element("tr", { tabindex: "0", onmouseenter: () => mark(k), onfocus: () => mark(k) },
                element("td.muted", {}, `${offset}+${length}`),
                element("td", { style: `padding-left:${8 + 12 * (Number(depth) || 0)}px` }, element(`i.swatch.tint${k % 4}`), String(name)),
                element("td", {}, String(value ?? ""), problem && element("div.problem", {}, `✕ ${problem}`))));
        pre.addEventListener("mouseover", (event) => {
            if (event.target.dataset.byte === undefined)
                return;
            const k = owner[Number(event.target.dataset.byte)];
            mark(k);
            if (rows[k])
                rows[k].scrollIntoView({ block: "nearest" });
        });
        const more = frame.len > bytes.length ? `, the first ${bytes.length} shown` : "";
        return element("div.hex", { tabindex: "0", role: "region", "aria-label": "Frame" }, element("b", {}, ripcord.describeMessage(msg)),
            element("div.muted", {}, `frame ${frame.id}, ${ripcord.formatBytes(frame.len || bytes.length)}${more}`), pre,
            rows.length > 0 && element("table", {}, element("tbody", {}, rows)));
    }

    function messagesTable(model, view) {
        if (model.msgs.length === 0)
            return element("p.empty", {}, "No message was recorded.");
        const holder = element("div");
        let open = model.msgs.find((msg) => msg.id !== undefined && msg.id === view.selection.msg) ||
            model.msgs.find((msg) => msg.frame !== undefined && msg.call === view.selection.call && msg.call !== undefined) ||
            model.msgs.find((msg) => msg.frame !== undefined);
        const hasFrames = model.frames.length > 0;
        const show = (msg) => {
            open = msg;
            holder.replaceChildren(frameView(model.frameById.get(msg.frame), msg));
            if (table)
                table.redraw();
        };
        const table = ripcord.grid({ name: "messages", rows: model.msgs, bad: ripcord.isHurt, columns: [
            { title: "Sent", class: "time", value: (msg) => msg.t, cell: (msg) => ripcord.formatExact(msg.t) },
            { title: "", label: "Direction", value: (msg) => msg.dir, cell: (msg) => element("span", { "aria-label": msg.dir === "s2c" ? "to client" : "to server" },
                                                                        msg.dir === "s2c" ? "←" : "→") },
            { title: "Conn", class: "num", value: (msg) => msg.conn },
            { title: "Call", class: "num", value: (msg) => msg.call },
            { title: "Kind", value: (msg) => msg.kind },
            { title: "Bytes", class: "num", value: (msg) => msg.len },
            { title: "Flight", class: "num", value: (msg) => (Number.isFinite(msg.rx) ? msg.rx - msg.t : Infinity),
              cell: (msg) => (Number.isFinite(msg.rx) ? ripcord.formatDuration(msg.rx - msg.t) : "never") },
            { title: "Fate", value: (msg) => [msg.fate, msg.fault, msg.note].filter(Boolean).join(" · "), tint: true },
        ], onOpen: hasFrames ? show : (msg) => view.select({ call: msg.call, conn: msg.conn, at: msg.t }),
           isSelected: (msg) => hasFrames && msg === open });
        if (!hasFrames)
            return table;
        show(open || model.msgs[0]);
        return element("div.frames", {}, table, holder);
    }

    Object.assign(ripcord, { messagesTable, toBytes, fieldAt });
})();
