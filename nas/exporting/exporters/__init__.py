"""Formats of exported networks, a file each."""

from nas.exporting.exporters import onnx, python, safetensors, torch_export
from nas.exporting.exporters.exporter import EXPORTERS, Exporter, ExportOptions, Written

__all__ = [
    "EXPORTERS",
    "ExportOptions",
    "Exporter",
    "Written",
    "onnx",
    "python",
    "safetensors",
    "torch_export",
]
