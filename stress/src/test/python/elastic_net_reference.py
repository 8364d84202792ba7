"""Fits one penalty of the cross-validation job's path with scikit-learn, and prints what came out as JSON.

ScikitLearnTest holds the job's own fits against these figures. Nothing here is taken from the Java program
but the data file: the penalty, the split into folds and the objective are computed again from what
docs/cross-validation.md says they are. From the repository's root, with the versions of requirements.txt
(Debian 12's python3-sklearn has them):

    python3 stress/src/test/python/elastic_net_reference.py \
        > stress/src/test/resources/reference/elastic-net.json

It takes ten minutes on one core, and tells of each fold when it is done.
"""

import gzip
import hashlib
import json
import pathlib
import platform
import sys
import warnings

import numpy
import scipy
import sklearn
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

DATA = pathlib.Path(__file__).parents[2] / "main/resources/data/digits.csv.gz"

CLASSES = 10
FOLDS = 10
SEED = 1
ALPHA = 0.5
PENALTIES = 20
SMALLEST_SHARE = 5e-4

# Position on the path, 0 = the largest penalty.
PENALTY = 12

# saga stops when no coefficient moves in an epoch by more than this share of the largest one. The default,
# 1e-4, stops well before the zeros are settled.
TOLERANCE = 1e-9
MOST_EPOCHS = 200_000


class JavaRandom:
    """java.util.Random, whose sequence is part of its specification."""

    def __init__(self, seed):
        self.state = (seed ^ 0x5DEECE66D) & ((1 << 48) - 1)

    def next_bits(self, bits):
        self.state = (self.state * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
        return self.state >> (48 - bits)

    def next_int(self, bound):
        if bound & (bound - 1) == 0:
            return (bound * self.next_bits(31)) >> 31
        while True:
            bits = self.next_bits(31)
            value = bits % bound
            if bits - value + (bound - 1) < 1 << 31:
                return value


def stratified_folds(labels):
    """The shuffled rows of each class, dealt round the folds without a break between classes."""
    shuffled = list(range(len(labels)))
    random = JavaRandom(SEED)
    for i in range(len(shuffled) - 1, 0, -1):
        other = random.next_int(i + 1)
        shuffled[i], shuffled[other] = shuffled[other], shuffled[i]
    fold_of_row = numpy.empty(len(labels), dtype=int)
    dealt = 0
    for label in range(CLASSES):
        for row in shuffled:
            if labels[row] == label:
                fold_of_row[row] = dealt % FOLDS
                dealt += 1
    return fold_of_row


def penalty_of_path(features, labels):
    """The path begins at the smallest penalty that leaves only intercepts, on all rows."""
    indicator = numpy.eye(CLASSES)[labels]
    gradient = features.T @ (indicator.mean(axis=0) - indicator) / len(labels)
    largest = numpy.abs(gradient).max() / ALPHA
    return float(largest * numpy.exp(numpy.log(SMALLEST_SHARE) / (PENALTIES - 1) * PENALTY))


def objective(model, features, labels, penalty):
    """Mean negative log likelihood plus the penalty; written out, so that it is not saga's own word."""
    predictors = features @ model.coef_.T + model.intercept_
    largest = predictors.max(axis=1)
    totals = numpy.exp(predictors - largest[:, None]).sum(axis=1)
    loss = (largest + numpy.log(totals) - predictors[numpy.arange(len(labels)), labels]).mean()
    absolute = numpy.abs(model.coef_).sum()
    squares = (model.coef_**2).sum()
    return float(loss + penalty * (ALPHA * absolute + (1 - ALPHA) / 2 * squares))


def fit(features, labels, penalty):
    # scikit-learn's objective is the sum of the losses times C, plus the penalty without a strength.
    model = LogisticRegression(
        penalty="elasticnet",
        solver="saga",
        l1_ratio=ALPHA,
        C=1 / (len(labels) * penalty),
        multi_class="multinomial",
        tol=TOLERANCE,
        max_iter=MOST_EPOCHS,
        random_state=0,
    )
    with warnings.catch_warnings():
        # What has not converged is no reference.
        warnings.simplefilter("error", ConvergenceWarning)
        return model.fit(features, labels)


def facts(model, features, labels, penalty):
    return {
        "rows": len(labels),
        "epochs": int(model.n_iter_[0]),
        "objective": objective(model, features, labels, penalty),
        "nonzeros": int(numpy.count_nonzero(model.coef_)),
    }


def main():
    packed = DATA.read_bytes()
    table = numpy.array([line.split(",") for line in gzip.decompress(packed).decode().splitlines()], dtype=int)
    pixels, labels = table[:, :-1].astype(float), table[:, -1]
    shipped = load_digits()
    assert numpy.array_equal(pixels, shipped.data) and numpy.array_equal(labels, shipped.target)

    all_rows = StandardScaler().fit_transform(pixels)
    penalty = penalty_of_path(all_rows, labels)
    fold_of_row = stratified_folds(labels)

    model = fit(all_rows, labels, penalty)
    whole = facts(model, all_rows, labels, penalty)
    whole["intercepts"] = model.intercept_.tolist()
    whole["coefficients"] = model.coef_.tolist()

    folds = []
    for fold in range(FOLDS):
        held_out = fold_of_row == fold
        scaler = StandardScaler().fit(pixels[~held_out])
        training = scaler.transform(pixels[~held_out])
        model = fit(training, labels[~held_out], penalty)
        told = facts(model, training, labels[~held_out], penalty)
        predicted = model.predict(scaler.transform(pixels[held_out]))
        told["held_out"] = int(held_out.sum())
        told["correct"] = int((predicted == labels[held_out]).sum())
        folds.append(told)
        print(f"fold {fold}: {told}", file=sys.stderr)

    accuracies = numpy.array([told["correct"] / told["held_out"] for told in folds])
    document = {
        "program": pathlib.Path(__file__).name,
        "versions": {
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
            "numpy": numpy.__version__,
            "scipy": scipy.__version__,
        },
        "data_sha256": hashlib.sha256(packed).hexdigest(),
        "penalty_index": PENALTY,
        "penalty": penalty,
        "alpha": ALPHA,
        "tolerance": TOLERANCE,
        "seed": SEED,
        "fold_of_row": "".join(map(str, fold_of_row)),
        "all_rows": whole,
        "folds": folds,
        "accuracy": float(accuracies.mean()),
        "standard_error": float(accuracies.std(ddof=1) / numpy.sqrt(FOLDS)),
    }
    json.dump(document, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
