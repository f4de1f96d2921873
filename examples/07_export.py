"""A trained network for other programs: plain torch, ONNX and a program of torch.export.

python examples/07_export.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import onnxruntime

import nas

data = nas.load_dataset("digits")
with TemporaryDirectory() as directory:
    run = Path(directory) / "run"
    result = nas.search("resnet", data, n_trials=16, finalists=2, max_epochs=3, out=run)
    print(f"test accuracy {result.best.test_accuracy:.1%}")
    formats = ("python", "onnx", "torch-export")
    for file in nas.export(run, Path(directory) / "exported", formats, with_preprocessing=True):
        print(f"{file.path.name}: {file.path.stat().st_size:,} bytes, run on {file.rows} samples")

    # the ONNX file takes bytes 0..255 and needs neither torch nor this package
    session = onnxruntime.InferenceSession(Path(directory) / "exported" / "model.onnx")
    images = data.test.images[:8].numpy()
    (scores,) = session.run(None, {session.get_inputs()[0].name: images})
print("predicted", scores.argmax(1).tolist())
print("truth    ", data.test.labels[:8].tolist())
