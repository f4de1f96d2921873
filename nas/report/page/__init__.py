"""The report of a run: one HTML file that needs no network; it needs the extra ``report``."""

from nas.report.page.material import Material
from nas.report.page.page import page

__all__ = ["Material", "page"]
