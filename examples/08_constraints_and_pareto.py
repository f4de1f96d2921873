"""Small networks: limits on cost, and the trade-off between score and cost.

python examples/08_constraints_and_pareto.py
"""

import nas

result = nas.search(
    "resnet",
    "digits",
    n_trials=48,
    objectives=("score:max", "macs:min"),
    constraints=("params<=2e4", "macs<=1e5"),
    finalists=3,
    max_epochs=5,
)

print(f"{result.trials.complete} scored, {result.trials.infeasible} beyond the limits")
print("Pareto front (score, multiply-accumulates, parameters):")
for found in result.pareto:
    print(f"  {found.score:7.3f}  {found.cost.macs:9,}  {found.cost.params:7,}")
print("trained (accuracy on the ranking split, epochs):")
for found in result.finalists:
    print(f"  {found.name:>4}  {found.val_accuracy:6.1%}  {found.epochs}")
print(f"best: {result.best.name}, test accuracy {result.best.test_accuracy:.1%}")
