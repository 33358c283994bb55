"""Times calls of MLflow's client in this process, on a SQLite store in a folder of its own. Reads lines
`operation calls` and answers each with the seconds that the calls took in all."""

import logging
import os
import sys
import tempfile
import time

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"
logging.disable(logging.CRITICAL)

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric  # noqa: E402

with tempfile.TemporaryDirectory() as folder:
    address = f"sqlite:///{folder}/mlflow.db"
    client = MlflowClient(tracking_uri=address, registry_uri=address)
    experiment = client.create_experiment("bench", artifact_location=f"{folder}/artifacts")
    run = client.create_run(experiment).info.run_id
    client.create_registered_model("bench")
    step = 0

    def log_metric():
        client.log_metric(run, "loss", (step * 7919 % 1000) / 1000, step=step)

    def log_batch():
        points = [Metric("batch", (i * 7919 % 1000) / 1000, 1_700_000_000_000, step * 1000 + i) for i in range(1000)]
        client.log_batch(run, points)

    def create_version():
        client.create_model_version("bench", source=f"{folder}/artifacts", run_id=run)

    operations = {"log_metric": log_metric, "log_batch": log_batch, "create_version": create_version}
    print(mlflow.__version__, flush=True)
    for line in sys.stdin:
        name, calls = line.split()
        start = time.perf_counter()
        for _ in range(int(calls)):
            step += 1
            operations[name]()
        print(time.perf_counter() - start, flush=True)
