"""Reads the TAP of the golden records back, as version 14 of the protocol defines it.

    tap_test.py GOLDEN_PROGRAM

A document is its version, a plan, test points in order, each with its subtest before it and its
YAML behind it, and perhaps a bail-out; whatever fits nowhere is an error here, though readers
may pass over it.
"""
import json
import re
import subprocess
import sys
import tempfile

POINT = re.compile(r"(not )?ok (\d+) - ((?:[^\\#]|\\.)*)(?: # (SKIP|TODO)\b ?(.*))?$")


class Document:
    """A document or a subtest: `lines` without its indentation."""

    def __init__(self, lines, top):
        self.points, self.bail, self.plan = [], None, None
        self.lines, self.at, self.pending = lines, 0, None
        if top:
            assert self.take() == "TAP version 14", "the first line is the version"
        while self.at < len(self.lines):
            self.line()
        assert self.pending is None, "a subtest without its point"
        assert self.plan == len(self.points), (self.plan, len(self.points))

    def take(self):
        self.at += 1
        return self.lines[self.at - 1]

    def line(self):
        line = self.take()
        assert self.bail is None, f"behind the bail-out: {line!r}"
        if match := re.fullmatch(r"1\.\.(\d+)", line):
            assert self.plan is None and not self.points, "the plan comes once, and first"
            self.plan = int(match[1])
        elif match := re.fullmatch(r"    # Subtest: (.*)", line):
            body = self.indented(4)
            self.pending = (match[1], Document(body, False))
        elif match := POINT.fullmatch(line):
            self.point(match)
        elif match := re.fullmatch(r"Bail out! (.+)", line):
            self.bail = match[1]
        else:
            raise AssertionError(f"line {self.at} is nothing that TAP has: {line!r}")

    def indented(self, depth):
        found = []
        while self.at < len(self.lines) and self.lines[self.at].startswith(" " * depth):
            found.append(self.take()[depth:])
        return found

    def point(self, match):
        ok, number, name = match[1] is None, int(match[2]), match[3]
        assert number == len(self.points) + 1, f"point {number} is out of order"
        subtest = self.pending[1] if self.pending else None
        if self.pending:
            assert self.pending[0] == name, (self.pending[0], name)
            fine = all(point["ok"] for point in subtest.points)
            assert fine or not ok, f"{name} is ok, its subtest is not"
        self.pending = None
        self.points.append({"ok": ok, "name": re.sub(r"\\(.)", r"\1", name), "directive": match[4],
                            "why": match[5], "subtest": subtest, "yaml": self.yaml()})

    def yaml(self):
        if self.at == len(self.lines) or self.lines[self.at] != "  ---":
            return {}
        body, self.at = {}, self.at + 1
        while (line := self.take()) != "  ...":
            key, text = re.fullmatch(r"  (\w+): (\".*\")", line).groups()
            assert key not in body, f"{key} is there twice"
            body[key] = json.loads(re.sub(r"\\x(..)", r"\\u00\1", text))
        return body


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        output = subprocess.run([program, folder], check=True, capture_output=True).stdout
    lines = output.decode("utf-8", "strict").split("\n")
    assert lines.pop() == "", "the last line has its end"
    document = Document(lines, True)
    points = {point["name"]: point for point in document.points}
    purge = points["purge.slow_reader@2.6"]
    assert not purge["ok"] and purge["yaml"]["at"] == "scenarios/purge/slow_reader.lua:9", purge
    failed = [point for point in purge["subtest"].points if not point["ok"]]
    assert failed[0]["yaml"]["expected"] == "eof, 15:00.000 to 15:00.002", failed
    assert purge["yaml"]["since"] == "new" and purge["yaml"]["replay"].startswith("ripcord run "), purge
    assert points["overload.backoff@2.6"]["directive"] == "SKIP"
    known = points["idle.scan_closes_oldest@3.4"]
    assert known["directive"] == "TODO" and known["why"] == "HADOOP-1234" and not known["ok"], known
    assert any("<script>" in point["name"] for point in points.values()) or any(
        "<script>" in json.dumps(point["yaml"]) for point in points.values()), "the hostile one is there"
    assert document.bail is not None, "something is broken"
    print(f"{len(document.points)} passed, 0 failed")


main(sys.argv[1])
