"""Trains small models in Python and writes them as ONNX, with what scikit-learn predicts for the same rows.

Run in the root of the repository; versions used: scikit-learn 1.9.1, skl2onnx 1.20.0, onnx 1.23.2.

    python tests/reference-models/onnx/make_onnx_models.py
"""

import csv
import json
import pickle
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import set_external_data
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDER = Path(__file__).parent
NUMERIC = ["coupon_rate", "maturity_years", "age_years", "issue_size_bn", "benchmark_yield"]
CATEGORICAL = ["term"]
TARGET = "spread_bps"
OPSET = {"": 17, "ai.onnx.ml": 3}


def read_bonds():
    with open("examples/data/bonds-monthly-2010-2012.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row[TARGET] != ""]
    numbers = np.array([[float(row[name] or "nan") for name in NUMERIC] for row in rows], dtype=np.float32)
    terms = np.array([[row[name] for name in CATEGORICAL] for row in rows], dtype=object)
    target = np.array([float(row[TARGET]) for row in rows])
    return numbers, terms, target


def columns(numbers, terms):
    """One array a column, as a model with one input a column takes them."""
    return {name: numbers[:, [i]] for i, name in enumerate(NUMERIC)} | {name: terms[:, [i]] for i, name in enumerate(CATEGORICAL)}


def pipeline(estimator):
    numeric = list(range(len(NUMERIC)))
    return make_pipeline(
        ColumnTransformer(
            [
                ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numeric),
                ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False), [len(NUMERIC)]),
            ]
        ),
        estimator,
    )


def save(name, model, initial_types, **options):
    converted = convert_sklearn(model, initial_types=initial_types, target_opset=OPSET, **options)
    (FOLDER / name).write_bytes(converted.SerializeToString())


def write_external(name, location, weights):
    """A linear model y = x·w whose weights lie in another file."""
    tensor = numpy_helper.from_array(weights, "weights")
    set_external_data(tensor, location=location, offset=0, length=weights.nbytes)
    tensor.ClearField("raw_data")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["features", "weights"], ["prediction"])],
        "linear",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", 2])],
        [helper.make_tensor_value_info("prediction", TensorProto.FLOAT, ["rows", 1])],
        [tensor],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (FOLDER / name).write_bytes(model.SerializeToString())


def main():
    numbers, terms, target = read_bonds()
    split = len(target) * 4 // 5
    mixed = np.concatenate([numbers.astype(object), terms], axis=1)
    per_column = [(name, FloatTensorType([None, 1])) for name in NUMERIC] + [(name, StringTensorType([None, 1])) for name in CATEGORICAL]

    spread = pipeline(GradientBoostingRegressor(n_estimators=12, max_depth=3, random_state=0)).fit(mixed[:split], target[:split])
    save("spread-pipeline.onnx", spread, per_column)
    matrix = make_pipeline(SimpleImputer(strategy="median"), GradientBoostingRegressor(n_estimators=12, random_state=0))
    matrix.fit(numbers[:split], target[:split])
    save("spread-matrix.onnx", matrix, [("features", FloatTensorType([None, len(NUMERIC)]))])
    wide = pipeline(LogisticRegression(max_iter=1000)).fit(mixed[:split], target[:split] > 5)
    save("wide-classifier.onnx", wide, per_column, options={"zipmap": False})
    save("wide-classifier-zipmap.onnx", wide, per_column)

    weights = np.array([[2.0], [-0.5]], dtype=np.float32)
    (FOLDER / "external").mkdir(exist_ok=True)
    (FOLDER / "external" / "weights.bin").write_bytes(weights.tobytes())
    write_external("external/model.onnx", "weights.bin", weights)
    write_external("external-outside.onnx", "../weights.bin", weights)
    write_external("external-absolute.onnx", "/etc/hostname", weights)
    (FOLDER / "pickle.onnx").write_bytes(pickle.dumps(LogisticRegression(), protocol=4))

    rows = list(range(split, len(target), 97))
    asked = [
        {name: (None if np.isnan(numbers[row, i]) else float(numbers[row, i])) for i, name in enumerate(NUMERIC)}
        | {name: terms[row, i] for i, name in enumerate(CATEGORICAL)}
        for row in rows
    ]
    expected = {
        "rows": asked,
        "target": target[rows].tolist(),
        "spread-pipeline": spread.predict(mixed[rows]).tolist(),
        "spread-matrix": matrix.predict(numbers[rows]).tolist(),
        "wide-classifier": wide.predict_proba(mixed[rows])[:, 1].tolist(),
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    for path in sorted(FOLDER.rglob("*.onnx")):
        print(path.name, path.stat().st_size, "bytes")


main()
