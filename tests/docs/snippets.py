#!/usr/bin/env python3
"""Writes one source file with every ```cpp block of the given Markdown files, so that they are compiled.

Those of docs/recipes/ also run, in recipes_test.cpp. The others call services that nobody here has, with real waits: what
they show runs in examples/, each of which is a test.

docs/recipes/testing.md is the namespace `page_recipes_testing`. A block becomes a function `snippet_N` of it, N counting
from 0, with a `session` and a `url` at hand unless it makes its own; its #include lines go to the top, `main` gets another
name. A block that begins with a class or a function at the left margin is a definition: the later
blocks of its page see it. A fragment that cannot compile is marked ```cpp no-compile. Errors name the file and line of the
documentation.
"""
import re
import sys

includes = ["redial/redial.hpp", "redial/json.hpp", "redial/testing/fault_server.hpp",
            "redial/testing/scripted_transport.hpp"]
header = "".join(f"#include <{name}>\n" for name in includes) + "#include <algorithm>\n#include <iostream>\n#include <mutex>\n"
preamble = """
using namespace std::chrono_literals;
using redial::testing::Match;
using redial::testing::Reply;
using redial::testing::Scripted;
"""


def blocks(path):
    lines = open(path, encoding="utf-8").read().split("\n")
    start = None
    for number, line in enumerate(lines, 1):
        if start is None and re.fullmatch(r"```cpp", line):
            start = number + 1
        elif start is not None and line == "```":
            yield start, lines[start - 1:number - 1]
            start = None


DEFINITION = re.compile(r"(?:class|struct) \w+|[\w:<>]+[&*]? \w+\(")  # the start of one


def is_definition(text):
    code = [line for line in text.split("\n") if line.strip() and not line.startswith(("#", "//"))]
    return bool(code and DEFINITION.match(code[0]) and code[-1].startswith("}"))


def main(output, paths):
    found, body = [], []
    for path in paths:
        inside = path.split("/docs/")[-1] if "/docs/" in path else path.split("/")[-1]
        page = re.sub(r"\W", "_", inside.removesuffix(".md"))
        for number, (start, lines) in enumerate(blocks(path)):
            name = f"snippet_{number}"
            found += [line for line in lines if line.startswith("#include")]
            text = "\n".join("" if line.startswith("#include") else line for line in lines)
            text = f'#line {start} "{path}"\n{text}\n'
            if "int main(" in text:
                text = f"namespace {name} {{\n" + text.replace("int main(", f"int {name}_main(") + "}\n"
            elif not is_definition(text):
                given = [f"[[maybe_unused]] {kind} {given}" for kind, given in
                         (("redial::Session&", "session"), ("const std::string&", "url"))
                         if not re.search(rf"(?:redial::Session|auto|std::string) {given}\b", text)]
                text = f"void {name}({', '.join(given)}) {{\n{text}}}\n"
            body.append(f"namespace page_{page} {{\n{text}}}\n")
    with open(output, "w", encoding="utf-8") as file:
        file.write("// Made from the documentation by tests/docs/snippets.py.\n" + header + "\n".join(found) + preamble)
        file.write("\n".join(body))


main(sys.argv[1], sys.argv[2:])
