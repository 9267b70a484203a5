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

    // Sixteen bytes a line, in hex and as text; the bytes [from, to) are marked.
    function hexDump(bytes, from, to) {
        const pre = element("pre", { "aria-label": "Bytes" });
        for (let row = 0; row < bytes.length; row += 16) {
            const line = bytes.slice(row, row + 16);
            const marked = (i) => row + i >= from && row + i < to;
            pre.append(element("span.muted", {}, hex(row, 4)), "  ");
            line.forEach((byte, i) => pre.append(marked(i) ? element("mark", {}, hex(byte, 2)) : hex(byte, 2), i === 7 ? "  " : " "));
            pre.append("   ".repeat(16 - line.length) + (line.length < 8 ? " " : "") + " ");
            line.forEach((byte, i) => pre.append(marked(i) ? element("mark", {}, visible(byte)) : visible(byte)));
            pre.append("\n");
        }
        return pre;
    }

    function frameView(frame, msg) {
        if (!frame)
            return element("p.empty", {}, "The record holds no bytes of this message.");
        const bytes = toBytes(frame.hex);
        const fields = (Array.isArray(frame.fields) ? frame.fields : []).filter(Array.isArray);
        let dump = hexDump(bytes, 0, 0);
        const point = (from, to) => {
            const next = hexDump(bytes, from, to);
            dump.replaceWith(next);
            dump = next;
        };
        const rows = fields.map(([offset, length, depth, name, value, problem]) => {
            const show = () => point(offset, offset + length);
            return element("tr", { tabindex: "0", onmouseenter: show, onfocus: show },
                element("td.muted", {}, `${offset}+${length}`),
                element("td", { style: `padding-left:${8 + 12 * (Number(depth) || 0)}px` }, String(name)),
                element("td", {}, String(value ?? ""), problem && element("div.problem", {}, `✕ ${problem}`)));
        });
        const more = frame.len > bytes.length ? `, the first ${bytes.length} shown` : "";
        return element("div.hex", {}, element("b", {}, ripcord.describeMessage(msg)),
            element("div.muted", {}, `frame ${frame.id}, ${ripcord.formatBytes(frame.len || bytes.length)}${more}`), dump,
            rows.length > 0 && element("table", {}, element("tbody", {}, rows)));
    }

    function messagesTable(model, view) {
        if (model.msgs.length === 0)
            return element("p.empty", {}, "No message was recorded.");
        const holder = element("div");
        let open = model.msgs.find((msg) => msg.frame !== undefined && msg.call === view.selection.call && msg.call !== undefined) ||
            model.msgs.find((msg) => msg.frame !== undefined);
        const hasFrames = model.frames.length > 0;
        const show = (msg) => {
            open = msg;
            holder.replaceChildren(frameView(model.frameById.get(msg.frame), msg));
            if (table)
                table.redraw();
        };
        const table = ripcord.grid({ name: "messages", rows: model.msgs, bad: (msg) => msg.fate && msg.fate !== "delivered", columns: [
            { title: "Sent", class: "time", value: (msg) => msg.t, cell: (msg) => ripcord.formatExact(msg.t) },
            { title: "", value: (msg) => msg.dir, cell: (msg) => element("span", { "aria-label": msg.dir === "s2c" ? "to client" : "to server" },
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

    Object.assign(ripcord, { messagesTable, toBytes });
})();
