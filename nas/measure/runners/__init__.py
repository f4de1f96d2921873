"""Ways to run networks on a device, a file each."""

from nas.measure.runners import command, compiled, eager, onnx_runtime

__all__ = ["command", "compiled", "eager", "onnx_runtime"]
