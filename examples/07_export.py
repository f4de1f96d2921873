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
    for file in nas.export(run, Path(directory) / "exported", formats):
        print(f"{file.path.name}: {file.path.stat().st_size:,} bytes, run on {file.rows} samples")

    # the ONNX file needs neither torch nor this package
    session = onnxruntime.InferenceSession(Path(directory) / "exported" / "model.onnx")
    (images,), labels = next(
        data.test.batches(8)
    )  # normalised; with_preprocessing=True takes bytes
    (scores,) = session.run(None, {session.get_inputs()[0].name: images.numpy()})
print("predicted", scores.argmax(1).tolist())
print("truth    ", labels.tolist())
