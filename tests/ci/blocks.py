"""Takes the recipes of docs/ci.md apart, so that what people copy is what the test runs.

    blocks.py ci.md FOLDER

FOLDER gets rpc.sh, Makefile, commands.sh (the lines of the other shell blocks), and the shell
parts of the three systems: github-baseline.sh, github-scenarios.sh, gitlab.sh, jenkins.sh.
"""
import pathlib
import re
import sys
import textwrap


def blocks(text):
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.S | re.M)


def indented(lines, at):
    """The lines behind `at` that stand deeper than it."""
    depth = len(lines[at]) - len(lines[at].lstrip())
    found = []
    for line in lines[at + 1:]:
        if line.strip() and len(line) - len(line.lstrip()) <= depth:
            break
        found.append(line)
    return textwrap.dedent("\n".join(found)) + "\n"


def github(text):
    """The shell part of each named step."""
    steps, name = {}, None
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if match := re.match(r"\s*- name: (.*)", line):
            name = match[1]
        elif match := re.match(r"\s*run: (.*)", line):
            steps[name] = indented(lines, number) if match[1] == "|" else match[1] + "\n"
    return steps


def gitlab(text):
    """before_script and script, as the runner joins them."""
    lines, parts = text.splitlines(), []
    for number, line in enumerate(lines):
        if re.match(r"\s*(before_)?script:", line):
            for item in re.split(r"^- ", indented(lines, number), flags=re.M)[1:]:
                parts.append(re.sub(r"\s+", " ", item.removeprefix(">-")).strip())
    return "\n".join(parts) + "\n"


def jenkins(text):
    parts = re.findall(r"sh '''(.*?)'''|sh '([^']*)'", text, re.S)
    return "\n".join(textwrap.dedent(long) or short for long, short in parts) + "\n"


def main(path, folder):
    folder = pathlib.Path(folder)
    commands = []
    for language, text in blocks(pathlib.Path(path).read_text(encoding="utf-8")):
        if language == "sh" and text.startswith("#!"):
            (folder / "rpc.sh").write_text(text)
        elif language == "sh":
            commands.append(text)
        elif language == "make":
            (folder / "Makefile").write_text(text)
        elif language == "groovy":
            (folder / "jenkins.sh").write_text(jenkins(text))
        elif language == "yaml" and "runs-on" in text:
            (folder / "github.yml").write_text(text)
            for name, part in github(text).items():
                (folder / f"github-{name.lower()}.sh").write_text(part)
        elif language == "yaml":
            (folder / "gitlab.yml").write_text(text)
            (folder / "gitlab.sh").write_text(gitlab(text))
    (folder / "commands.sh").write_text("".join(commands))


main(*sys.argv[1:])
