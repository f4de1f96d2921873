"""Find a small network for the digits and use it: ``python examples/01_search.py``."""

import torch

import nas

data = nas.load_dataset("digits")
result = nas.search(
    "nasnet",
    data,
    n_trials=32,
    objectives=("score:max", "params:min"),
    finalists=2,
    max_epochs=3,
)

print(f"best: {result.best.architecture}")
print(f"test accuracy {result.best.test_accuracy:.1%} with {result.best.cost.params:,} parameters")
print("Pareto front (score, parameters):")
for found in result.pareto:
    print(f"  {found.score:7.3f}  {found.cost.params:9,}")

model = result.best_model
assert model is not None  # it would be with max_epochs=0
(images,), labels = next(data.test.batches(8))
with torch.no_grad():
    print("predicted", model(images).argmax(1).tolist())
print("truth    ", labels.tolist())
