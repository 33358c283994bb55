"""Writes streaming.json: alarms of river's detectors on streams that TypeScript makes alike. Needs river 0.26, scipy 1.17."""

from river.drift import ADWIN, PageHinkley
from river.drift.binary import DDM
from scipy import stats

from generate import write
from samples import sample, uniforms

STREAMS = [
    {"seed": 1, "n": 6000, "changes": [[2000, 0.5], [4000, 0.0]]},
    {"seed": 2, "n": 6000, "changes": [[2000, 0.2], [4000, 0.0]]},
    {"seed": 3, "n": 6000, "changes": [[2000, 0.1]]},
    {"seed": 4, "n": 6000, "changes": [[1000, 1.0], [3000, -1.0]]},
    {"seed": 5, "n": 6000, "changes": []},
    {"seed": 6, "n": 3000, "changes": [[100, 0.6], [200, 0.3]]},
    {"seed": 7, "n": 20000, "changes": [[15000, -0.05]]},
]


def stream(recipe):
    """Uniform on [0, 1) plus the level of the last change."""
    x = uniforms(recipe["seed"], recipe["n"])
    for (start, level), (end, _) in zip(recipe["changes"], recipe["changes"][1:] + [[recipe["n"], 0]]):
        x[start:end] += level
    return [float(v) for v in x]


def alarms(detector, values):
    found = []
    for i, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            found.append(i)
    return found


def first_adwin(values, **options):
    detector = ADWIN(**options)
    for i, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            return {"index": i, "width": int(detector.width), "mean": detector.estimation}
    return None


def ddm(values):
    detector = DDM()
    drifts, warnings = [], 0
    for i, value in enumerate(values):
        detector.update(value)
        warnings += detector.warning_detected
        if detector.drift_detected:
            drifts.append(i)
    return {"drifts": drifts, "warnings": warnings}


def kswin(values, alpha=0.005, size=100, latest=30):
    """The definition, with all older observations."""
    window, found = [], []
    for i, value in enumerate(values):
        window = (window + [value])[-size:]
        if len(window) == size:
            r = stats.ks_2samp(window[:-latest], window[-latest:])
            if r.pvalue <= alpha and r.statistic > 0.1:
                found.append(i)
                window = window[-latest:]
    return found


if __name__ == "__main__":
    cases = []
    for recipe in STREAMS:
        values = stream(recipe)
        errors = [1 if v > 0.9 else 0 for v in values]
        cases.append({
            "stream": recipe,
            "adwin": first_adwin(values),
            "adwinSensitive": first_adwin(values, delta=0.2, clock=8, min_window_length=10, grace_period=20),
            "pageHinkley": alarms(PageHinkley(threshold=10), values),
            "pageHinkleyDefault": alarms(PageHinkley(), values),
            "ddm": ddm(errors),
            "kswin": kswin(values[:3000]),
        })
    write("streaming", cases)
