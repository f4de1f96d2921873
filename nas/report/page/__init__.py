"""The report of a run: one HTML file that needs no network; it needs the extra ``report``."""

from nas.report.page.document import page
from nas.report.page.material import Material

__all__ = ["Material", "page"]
