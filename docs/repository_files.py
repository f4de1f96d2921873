"""A hook of MkDocs: files of the repository outside ``docs/`` that the pages link to.

They are part of the site under their own paths, beside the contents of ``docs/``, so the same
links work in the repository and in the site.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
OUTSIDE = (
    "CHANGELOG.md",
    "SECURITY.md",
    "benchmarks/README.md",
    "benchmarks/*/README.md",
    "benchmarks/*/results/*.json",
    "examples/*.py",
)
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files from outside."""
    for pattern in OUTSIDE:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Turn links between files of the repository into links of the site."""
    here = page.file.src_uri
    inside = (ROOT / "docs" / here).exists()
    folder = dirname(join("docs", here) if inside else here)

    def in_site(link: re.Match[str]) -> str:
        target = normpath(join(folder, link[1])).removeprefix("docs/")
        return f"]({relpath(target, dirname(here) or '.')}"

    return LINK.sub(in_site, markdown)
