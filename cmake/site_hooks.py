"""What mkdocs does not do by itself (hooks of mkdocs.yml).

- The nav gives the order; pages that are not in it come under "More", entries without a page are left out: a page can land
  before its entry, and an entry before its page.
- Links that leave docs/ (examples, logs of tests) work: those files are copied into the site.
- What stands after a fence's language is for our tests: taken out. Blocks of `text` are long lines, which site.css wraps.
- The reference that doxygen makes, build/site/api, is the last entry under "Reference".
"""

import logging
import os
import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File
from mkdocs.structure.nav import Link, Section

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s#:]+)(?P<anchor>#[^)\s]*)?\)")
FENCE = re.compile(r"(^```.*?^```)", re.S | re.M)
log = logging.getLogger("mkdocs.redial")


def pages_of(nav):
    for entry in nav:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            for value in entry.values():
                yield from pages_of(value if isinstance(value, list) else [value])


def only_existing(nav, existing):
    kept = []
    for entry in nav:
        if isinstance(entry, dict):
            (title, value), = entry.items()
            if isinstance(value, list):
                value = only_existing(value, existing)
            elif value not in existing:
                value = None
            if value:
                kept.append({title: value})
        elif entry in existing:
            kept.append(entry)
    return kept


def outside(page, target):
    """The file of the repository that a link of a page leads to, if it is not in docs/; else None."""
    path = (ROOT / "docs" / page).parent / target
    path = Path(os.path.normpath(path))
    if path.is_relative_to(ROOT / "docs") or not path.is_relative_to(ROOT):
        return None
    return path.relative_to(ROOT).as_posix()


def on_files(files, config):
    existing = {file.src_uri for file in files.documentation_pages()}
    more = sorted(existing - set(pages_of(config["nav"])))
    config["nav"] = only_existing(config["nav"], existing) + ([{"More": more}] if more else [])
    for page in sorted(existing):
        for found in LINK.finditer(FENCE.sub("", (ROOT / "docs" / page).read_text())):
            name = outside(page, found["target"])
            if name and (ROOT / name).is_file() and not files.get_file_from_path(name):
                # Copied as text: browsers show a .txt, and would offer a .cpp for download.
                file = File(name, str(ROOT), config["site_dir"], False)
                file.dest_uri += ".txt"
                file.abs_dest_path = os.path.join(config["site_dir"], file.dest_uri)
                file.url = file.dest_uri
                files.append(file)
    return files


def on_nav(nav, config, files):
    for section in nav.items:
        if isinstance(section, Section) and section.title == "Reference":
            link = Link("Every header (doxygen)", "api/index.html")
            link.parent = section
            section.children.append(link)
    return nav


def on_page_markdown(markdown, page, config, files):
    def replaced(found):
        name = outside(page.file.src_uri, found["target"])
        if not name:
            return found[0]
        if files.get_file_from_path(name):
            back = posixpath.relpath(".", posixpath.dirname(page.file.src_uri) or ".")
            return f"[{found['text']}]({posixpath.join(back, name)})"
        if (ROOT / name).exists():  # a folder has no page
            return f"`{name}`" if found["text"] == name else f"{found['text']} (`{name}`)"
        log.warning("%s: no file %s", page.file.src_uri, found["target"])
        return found[0]

    if page.title:
        page.title = page.title.replace("`", "")  # titles are plain text in the nav
    # A word after the language (for tests/docs/snippets.py) is none of Markdown's.
    markdown = re.sub(r"^```(\w+) [\w-]+$", r"```\1", markdown, flags=re.M)
    markdown = re.sub(r"^```text$", "``` { .text .wrapped }", markdown, flags=re.M)
    return "".join(part if part.startswith("```") else LINK.sub(replaced, part) for part in FENCE.split(markdown))
