"""Writes canary.json: what canary decisions are to say of traffic that canary-traffic.ts makes alike, from the formulas of
docs/statistics/sequential.md over the single outcomes. Needs numpy 2, scipy 1.17; python3 tests/reference/generate_canary.py

Nothing here is taken from the library: outcomes are kept one by one and grouped only where a formula asks for it.
"""

import math
from itertools import groupby

import numpy as np
from scipy import optimize, stats
from scipy.special import gammainc, gammaln, logsumexp

from generate import write
from samples import A, C, M

ALPHA, MIN_OBSERVATIONS, PROMOTION, ROLLBACK, CHECK_ALPHA = 0.05, 1000, 0.95, 0.8, 0.001
GROUPS, SEGMENT_GROUPS = 128, 32
SEGMENTS = ["banks", "energy", "other"]


# Traffic


def draws(seed):
    state = seed
    while True:
        state = (A * state + C) % M
        yield (state + 0.5) / M


def fmix32(h):
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) % M
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) % M
    return h ^ (h >> 16)


def traffic(case):
    """One dict a request, in the order in which they come."""
    u = draws(case["seed"])
    steps, n = case["steps"], case["requests"]
    for i in range(n):
        step = i * len(steps) // n
        pick, canary_error, production_error, canary_value, production_value, truth, wait, keep, label = (next(u) for _ in range(9))
        key = int(pick * pick * case["keys"]) if case["keys"] else i
        unit = ((key + 1) * 2654435761) % M
        level = 0.5 + (unit % 1024) / 1024
        mixed = fmix32(unit ^ 0x5BD1E995)
        segment = SEGMENTS[unit % 3] if case.get("segments") else None

        def answer(arm, error, value):
            effect = case[arm]
            at = effect.get("loss", 1) * (effect.get("energy", 1) if segment == "energy" else 1)
            if case["task"] == "regression":
                actual = truth
                prediction = actual + value * level * at
            else:
                actual = 1.0 if truth < 0.3 else 0.0
                right = value < effect["accuracy"]
                prediction = actual if right else 1 - actual
            return {
                "error": error < effect["errors"] * level,
                "prediction": prediction,
                "latency": wait * 100 * effect.get("slow", 1),
                "actual": actual,
            }

        yield {
            "step": step,
            "mode": steps[step]["mode"],
            "unit": unit,
            "group": mixed % GROUPS,
            "slot": mixed >> 18,
            "segment": segment,
            "at": i * 1000,
            "isCanary": unit / M < steps[step]["share"],
            "keep": keep,
            "isLabelled": label,
            "canary": answer("canary", canary_error, canary_value),
            "production": answer("production", production_error, production_value),
        }


def outcomes(case):
    """Split requests as (stratum, arm, ...), pairs apart; labels that are lost, and outcomes that are, left out."""
    split, pairs = [], []
    cohort_ms = case.get("cohortMs", 0)
    for r in traffic(case):
        cohort = r["at"] // cohort_ms if cohort_ms else 0
        ripe = not cohort_ms or (cohort + 1) * cohort_ms + case["labelWindowMs"] <= case["now"]
        common = {k: r[k] for k in ("step", "group", "slot", "segment")} | {"cohort": cohort, "isRipe": ripe}
        if r["mode"] == "shadow":
            pairs.append(common | {"canary": r["canary"], "production": r["production"]})
            continue
        arm = "canary" if r["isCanary"] else "production"
        if r["keep"] >= case[arm].get("kept", 1):
            continue
        told = r[arm]
        has_label = not told["error"] and r["isLabelled"] < case[arm].get("labelled", 1)
        split.append(common | {"arm": arm, "hasLabel": has_label} | told)
    return split, pairs


# Kernels


def precision(tuned_for, alpha):
    l = -2 * math.log(alpha)
    return tuned_for / (l + math.log(1 + l))


def asymptotic(n, z):
    growth = n / precision(MIN_OBSERVATIONS, 2 * ALPHA)
    shrink = growth / (1 + growth)
    return math.log(2) - math.log1p(growth) / 2 + shrink * z * z / 2 + stats.norm.logcdf(z * math.sqrt(shrink))


def average(values):
    return float(logsumexp(values) - math.log(len(values)))


def betting(values, low):
    """Over single values."""
    values = np.asarray(values, dtype=float)
    stakes = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    return average([float(np.sum(np.log1p(s / -low * values[:, 0]) * values[:, 1])) if len(values) else 0.0 for s in stakes])


def gamma_exponential(s, v, c, tuned_for):
    rho = precision(tuned_for, 0.1)
    prior, shape, drift = rho / c**2, (v + rho) / c**2, (c * s + v) / c**2
    if drift + prior <= 0:
        return -shape
    return (prior * math.log(prior) - gammaln(prior) - math.log(gammainc(prior, prior)) + gammaln(shape)
            + math.log(gammainc(shape, drift + prior)) - shape * math.log(drift + prior) + drift)


def stratified(strata, factor, floor, is_guarded=False):
    """strata: of each the observations of both arms, [(group, count, sum)]; see Liang & Zeger 1986, Cochran 1977.

    is_guarded: an observation of the smaller arm varies at least as one of the larger arm does, in units of its mean.
    """
    groups, weighted, information, counted = np.zeros(GROUPS), 0.0, 0.0, {"canary": 0.0, "production": 0.0}
    own, as_other = {"canary": 0.0, "production": 0.0}, {"canary": 0.0, "production": 0.0}
    for stratum in strata:
        arm = {}
        for name in ("canary", "production"):
            count, total = np.zeros(GROUPS), np.zeros(GROUPS)
            for group, n, x in stratum[name]:
                count[group] += n
                total[group] += x
            arm[name] = (count, total, np.count_nonzero(count))
        if min(arm["canary"][2], arm["production"][2]) < 2:
            continue
        n_c, n_p = arm["canary"][0].sum(), arm["production"][0].sum()
        h = n_c * n_p / (n_c + n_p)
        means = {name: arm[name][1].sum() / arm[name][0].sum() for name in arm}
        weighted += h * (means["canary"] - factor * means["production"])
        information += h
        for name, sign in (("canary", 1), ("production", -factor)):
            count, total, occupied = arm[name]
            counted[name] += count.sum()
            groups += h / count.sum() * sign * math.sqrt(occupied / (occupied - 1)) * (total - means[name] * count)
        # Variance of one observation of each arm, and of the sum of both arms' means, weighted.
        unit = {name: occupied / (occupied - 1) * np.sum((total - means[name] * count) ** 2) / count.sum()
                for name, (count, total, occupied) in arm.items()}
        own["canary"] += h**2 * unit["canary"] / n_c
        own["production"] += h**2 * factor**2 * unit["production"] / n_p
        as_other["canary"] += h**2 * factor**2 * unit["production"] / n_c
        as_other["production"] += h**2 * unit["canary"] / n_p
    if information == 0:
        return 0.0, 0.0, counted
    variance = float(np.sum(groups**2))
    occupied = np.count_nonzero(groups)
    spread = float(np.sum(groups**4)) - variance**2 / occupied if occupied else 0
    degrees = max(1, min(occupied - 1, 2 * variance**2 / spread if spread > 0 else math.inf))
    imagined = information * floor * math.hypot(1 / counted["canary"], factor / counted["production"])
    smaller = "canary" if counted["canary"] <= counted["production"] else "production"
    total = variance + imagined**2 + (max(0, as_other[smaller] - own[smaller]) if is_guarded else 0)
    if total == 0:
        return information, 0.0, counted
    t = weighted / math.sqrt(total)
    tail = stats.t.sf(abs(t), degrees)
    z = math.copysign(min(37, abs(stats.norm.isf(tail))) if tail > 0 else 37, t) if t != 0 else 0.0
    return information, z, counted


# Measures: whether an outcome counts, and its value

METRICS = {
    "mae": ("regression", "lower", 1, lambda o: (1, loss(o))),
    "rmse": ("regression", "lower", 2, lambda o: (1, loss(o) ** 2)),
    "r2_score": ("regression", "lower", 2, lambda o: (1, loss(o) ** 2)),
    "accuracy": ("classification", "higher", 1, lambda o: (1, said(o) == true(o))),
    "precision": ("classification", "higher", 1, lambda o: (said(o), said(o) and true(o))),
    "recall": ("classification", "higher", 1, lambda o: (true(o), said(o) and true(o))),
    "f1_score": ("classification", "higher", 1, lambda o: (said(o) or true(o), said(o) and true(o))),
}
loss = lambda o: abs(o["prediction"] - o["actual"])
said = lambda o: o["prediction"] >= 0.5
true = lambda o: o["actual"] >= 0.5


def factor_of(better, power, threshold):
    return threshold**power if better == "higher" else threshold**-power


def by_stratum(split):
    order = lambda o: (o["step"], o["cohort"])
    return [list(stratum) for _, stratum in groupby(sorted(split, key=order), key=order)]


def observations(stratum, value, arm, groups):
    """A segment of a stratum without requests of one arm is left out, as is one without requests at all."""
    return [(o["group"] % groups, *map(float, value(o))) for o in stratum if o["arm"] == arm]


def split_evidence(split, value, factor, floor, sign, groups):
    strata = [{arm: observations(stratum, value, arm, groups) for arm in ("canary", "production")} for stratum in by_stratum(split)]
    information, z, counted = stratified(strata, factor, floor, RULES == 2)
    seen = min(counted.values())
    return (0.0 if seen < MIN_OBSERVATIONS else asymptotic(information, sign * z)), growth(information, sign * z, seen)


def growth(information, z, seen):
    """How many times as many observations a proof takes, a z that grows with their root being the truth."""
    if z <= 0 or seen == 0:
        return None
    least = max(1, MIN_OBSERVATIONS / seen)
    short = lambda f: asymptotic(information * f, z * math.sqrt(f)) + math.log(ALPHA)
    if short(least) >= 0:
        return least
    if short(1e6) < 0:
        return None
    return optimize.brentq(short, least, 1e6)


def pair_evidence(pairs, value, factor, floor, sign, groups):
    both = {arm: [(p["group"] % groups, *map(float, value(p[arm]))) for p in pairs] for arm in ("canary", "production")}
    information, z, counted = stratified([both], factor, floor)
    return 0.0 if min(counted.values()) < MIN_OBSERVATIONS else asymptotic(2 * information, sign * z)


def pairs_per_key(pairs, counts, groups):
    n = np.zeros(groups)
    for p in pairs:
        n[p["group"] % groups] += counts(p)
    total = n.sum()
    if total == 0:
        return 1
    mean = max(1, (np.sum(n**2) - total**2 / groups) / (total - total / groups))
    return max(mean, n.max() - total / groups - 3 * math.sqrt(total / groups * mean))


def is_answered(p):
    return not p["canary"]["error"] and not p["production"]["error"]


def shadow_evidence(case, pairs, metric, threshold, direction, groups):
    task, better, power, value = METRICS[metric]
    factor = factor_of(better, power, threshold)
    sign = 1 if (better == "higher") == (direction == "better") else -1
    labelled = [p for p in pairs if is_answered(p)]
    keyed = not case.get("withoutKeys")
    floor = 1 if task == "classification" else 0
    found = []
    if task == "regression":
        d = np.array([value(p["canary"])[1] - factor * value(p["production"])[1] for p in labelled])
        bound = case.get("lossBound")
        if bound is not None and all(loss(p[arm]) <= bound for p in labelled for arm in ("canary", "production")):
            width = (1 + factor) * bound**power
            each = pairs_per_key(labelled, lambda _: 1, groups) if keyed else 1
            found.append(gamma_exponential(sign * d.sum() / each, np.sum(d**2) / each, width, MIN_OBSERVATIONS * (width / 20) ** 2))
        if keyed:
            found.append(pair_evidence(labelled, value, factor, floor, sign, groups))
        elif len(d) >= MIN_OBSERVATIONS:
            found.append(asymptotic(len(d), sign * d.sum() / math.sqrt(np.sum(d**2) - d.sum() ** 2 / len(d))))
        return average(found) if found else 0.0
    if keyed:
        found.append(pair_evidence(labelled, value, factor, floor, sign, groups))
    if metric in ("accuracy", "recall"):  # the same requests count, whatever the models say
        counting = [p for p in labelled if value(p["canary"])[0]]
        each = pairs_per_key(counting, lambda _: 1, groups) if keyed else 1
        d = [(sign * (float(value(p["canary"])[1]) - factor * float(value(p["production"])[1])), 1 / each) for p in counting]
        return average([betting(d, -factor if sign > 0 else -1), *found])
    return found[0] if keyed else linearized(labelled, value, factor, sign)


def linearized(pairs, value, factor, sign):
    """The difference of two ratios over the same requests, by the delta method."""
    c = np.array([list(map(float, value(p["canary"]))) for p in pairs])
    p = np.array([list(map(float, value(p["production"]))) for p in pairs])
    n = len(pairs)
    if min(c[:, 0].sum(), p[:, 0].sum()) < MIN_OBSERVATIONS:
        return 0.0
    rates = c[:, 1].sum() / c[:, 0].sum(), p[:, 1].sum() / p[:, 0].sum()
    u = n * ((c[:, 1] - rates[0] * c[:, 0]) / c[:, 0].sum() - factor * (p[:, 1] - rates[1] * p[:, 0]) / p[:, 0].sum())
    variance = np.sum(u**2) + n**2 * ((1 / c[:, 0].sum()) ** 2 + (factor / p[:, 0].sum()) ** 2)
    return asymptotic(n, sign * n * (rates[0] - factor * rates[1]) / math.sqrt(variance))


def metric_evidence(case, split, pairs, metric, threshold, direction, groups):
    task, better, power, value = METRICS[metric]
    factor = factor_of(better, power, threshold)
    sign = 1 if (better == "higher") == (direction == "better") else -1
    found, factors = [], []
    if split is not None:
        labelled = lambda o: value(o) if o["hasLabel"] else (0, 0)
        evidence, needed = split_evidence(split, labelled, factor, 1 if task == "classification" else 0, sign, groups)
        found.append(evidence)
        factors.append(needed)
    if pairs:
        evidence = shadow_evidence(case, pairs, metric, threshold, direction, groups)
        found.append(evidence)
        factors.append(max(1, -math.log(ALPHA) / evidence) if evidence > 0 else None)
    factors = [f for f in factors if f is not None]
    return (average(found) if found else 0.0), (min(factors) if factors else None)


# Guardrails


def guardrails(case):
    yield "errors", lambda o: True, lambda o: o["error"], lambda p: True
    budget, miss = case.get("latencyBudgetMs"), case.get("missBudget")
    if budget is not None:
        yield "latency", lambda o: True, lambda o: o["latency"] > budget, lambda p: True
    if miss is not None and case["task"] == "regression":
        yield "misses", lambda o: o.get("hasLabel", True), lambda o: loss(o) > miss, is_answered


def guardrail_evidence(case, steps, split, pairs, counts, happened, pair_counts, groups):
    found = []
    if split is not None:
        event = lambda o: counts(o) and happened(o)
        seen, by_step = set(), []
        for i, step in enumerate(steps):
            of_step = [o for o in split if o["step"] == i and event(o) and o["slot"] not in seen]
            production = {o["slot"] for o in of_step if o["arm"] == "production"}
            canary = {o["slot"] for o in of_step if o["arm"] == "canary"} - production
            seen |= production | canary
            by_step.append((step["share"], len(canary), len(production)))
        grid = []
        for odds in (1.1, 1.25, 1.5, 2, 3, 5, 10):
            total = 0.0
            for share, canary, production in by_step:
                q = share / ROLLBACK / (share / ROLLBACK + 1 - share)
                total += canary * math.log(odds) - (canary + production) * math.log(1 - q + q * odds)
            grid.append(total)
        found.append(average(grid))
        expected = sum(min(steps[o["step"]]["share"], 1 - steps[o["step"]]["share"]) for o in split if event(o))
        value = lambda o: (1, happened(o)) if counts(o) else (0, 0)
        found.append(0.0 if expected < 50 else split_evidence(split, value, 1 / ROLLBACK, 1, 1, groups)[0])
    if pairs:
        counting = [p for p in pairs if pair_counts(p)]
        what = [(happened(p["canary"]), happened(p["production"]), p["slot"]) for p in counting]
        low = -1 / ROLLBACK
        worth = {(True, False): 1, (True, True): 1 - 1 / ROLLBACK, (False, True): -1 / ROLLBACK}
        if case.get("withoutKeys"):
            found.append(betting([(worth[c, p], 1) for c, p, _ in what if c or p], low))
        else:
            slots = {}
            for c, p, slot in what:
                if c or p:
                    slots[slot] = min(slots.get(slot, 1), worth[c, p])
            found.append(betting([(v, 1) for v in slots.values()], low))
            expected = sum(1 if c and p else 0.5 for c, p, _ in what if c or p)
            value = lambda o: (1, happened(o))
            found.append(0.0 if expected < 50 else pair_evidence(counting, value, 1 / ROLLBACK, 1, 1, groups))
    return average(found) if found else 0.0


# Assignment


def sample_ratio(steps, split):
    deviations, independent, of_steps = np.zeros(GROUPS), 0.0, []
    by_key = lambda i: pairs_per_key([o for o in split if o["step"] == i], lambda o: 1, GROUPS) if RULES == 2 else 1
    for i, step in enumerate(steps):
        if step["mode"] != "split":
            continue
        counts = [0, 0]
        for o in split:
            if o["step"] == i:
                is_canary = o["arm"] == "canary"
                counts[0 if is_canary else 1] += 1
                deviations[o["group"]] += 1 - step["share"] if is_canary else -step["share"]
        independent += sum(counts) * step["share"] * (1 - step["share"])
        of_steps.append((step["share"], counts, by_key(i)))
    effect = max(1, float(np.sum(deviations**2)) / independent) if independent else 1
    total = 0.0
    for share, counts, per_key in of_steps:
        n, p = np.array(counts) / max(effect, per_key), np.array([share, 1 - share])
        a = 1000 * p
        total += gammaln(a.sum()) - gammaln(a.sum() + n.sum()) + np.sum(gammaln(a + n) - gammaln(a)) - np.sum(n * np.log(p))
    return float(total)


def label_join(split):
    value = lambda o: (0, 0) if o["error"] else (1, o["hasLabel"])
    strata = [{arm: observations(stratum, value, arm, GROUPS) for arm in ("canary", "production")} for stratum in by_stratum(split)]
    rates = {}
    for arm in ("canary", "production"):
        rows = [row for stratum in strata for row in stratum[arm]]
        n = sum(row[1] for row in rows)
        rates[arm] = sum(row[2] for row in rows) / n if n else None
    if not rates["canary"] and not rates["production"]:
        return {"status": "no_labels", **rates, "logEvidence": 0.0}
    information, z, counted = stratified(strata, 1, 1, RULES == 2)
    p = 1.0
    if min(counted.values()) >= MIN_OBSERVATIONS:
        growth = information / precision(MIN_OBSERVATIONS, CHECK_ALPHA)
        p = min(1, math.sqrt(1 + growth) * math.exp(-growth * z * z / (2 * (1 + growth))))
    return {"status": "mismatch" if p <= CHECK_ALPHA else "balanced", **rates, "logEvidence": -math.log(p) if p > 0 else 700}


# Decisions


def decide(case):
    global RULES
    RULES = case.get("rules")
    split, pairs = outcomes(case)
    steps = case["steps"]
    has_split = any(step["mode"] == "split" for step in steps)
    ripe = [o for o in split if o["isRipe"]] if has_split else None
    ripe = ripe if ripe else None  # no stratum at all
    ripe_pairs = [p for p in pairs if p["isRipe"]]
    split = split if split else None
    proof = -math.log(ALPHA)
    metrics = []
    for metric in case["metrics"]:
        task, better, power, value = METRICS[metric]
        if task != case["task"]:
            metrics.append({"metric": metric, "status": "not_applicable"})
            continue
        good, factor = metric_evidence(case, ripe, ripe_pairs, metric, PROMOTION, "better", GROUPS)
        harm, _ = metric_evidence(case, ripe, ripe_pairs, metric, ROLLBACK, "worse", GROUPS)
        estimates = {}
        for arm in ("canary", "production"):
            rows = [value(o) for o in ripe or [] if o["arm"] == arm and o["hasLabel"]]
            rows += [value(p[arm]) for p in ripe_pairs if is_answered(p)]
            n = float(sum(row[0] for row in rows))
            estimates[arm] = {"n": n, "mean": float(sum(row[1] for row in rows)) / n} if n else None
        status = "harmful" if harm >= proof else "good_enough" if good >= proof else "undecided"
        labels = sum(e["n"] for e in estimates.values() if e)
        needed = labels * factor if status == "undecided" and factor is not None and labels else None
        metrics.append({"metric": metric, "status": status, "good": good, "harm": harm, "needed": needed, **estimates})
    watched = []
    for name, counts, happened, pair_counts in guardrails(case):
        of, of_pairs = (ripe, ripe_pairs) if name == "misses" else (split, pairs)
        evidence = guardrail_evidence(case, steps, of, of_pairs, counts, happened, pair_counts, GROUPS)
        totals = {}
        for arm in ("canary", "production"):
            rows = [happened(o) for o in of or [] if o["arm"] == arm and counts(o)]
            rows += [happened(p[arm]) for p in of_pairs if pair_counts(p)]
            totals[arm] = {"requests": len(rows), "events": sum(rows)}
        watched.append({"guardrail": name, "isHarmful": evidence >= proof, "logEvidence": evidence, **totals})
    segments = []
    for name in SEGMENTS if case.get("segments") else []:
        within = lambda rows: None if rows is None else [o for o in rows if o["segment"] == name]
        # Both arms must have been seen in a stratum of the segment, in whatever request.
        parts = []
        for metric in dict.fromkeys("rmse" if m == "r2_score" and "rmse" in case["metrics"] else m for m in case["metrics"]):
            if METRICS[metric][0] == case["task"]:
                parts.append(metric_evidence(case, within(ripe), within(ripe_pairs), metric, ROLLBACK, "worse", SEGMENT_GROUPS)[0])
        for rail, counts, happened, pair_counts in guardrails(case):
            of, of_pairs = (ripe, ripe_pairs) if rail == "misses" else (split, pairs)
            parts.append(guardrail_evidence(case, steps, within(of), within(of_pairs), counts, happened, pair_counts, SEGMENT_GROUPS))
        segments.append((name, average(parts)))
    k = len(segments)
    ranked = sorted((e for _, e in segments), reverse=True)
    enough = [e for i, e in enumerate(ranked) if e + math.log(i + 1) >= math.log(k / ALPHA)]
    named = [{"segment": s, "logEvidence": e, "isHarmful": bool(enough) and e >= enough[-1]} for s, e in segments]
    segment_harm = average([e for _, e in segments]) >= proof if segments else False
    ratio, join = sample_ratio(steps, split or []), label_join(ripe or [])
    if any(w["isHarmful"] for w in watched):
        verdict, cause = "rollback", "guardrail"
    elif ratio >= -math.log(CHECK_ALPHA):
        verdict, cause = "hold", "sample_ratio"
    elif join["status"] == "mismatch":
        verdict, cause = "hold", "label_join"
    elif any(m["status"] == "harmful" for m in metrics):
        verdict, cause = "rollback", "metric"
    elif segment_harm:
        verdict, cause = "rollback", "segment"
    elif all(m["status"] == "not_applicable" for m in metrics):
        verdict, cause = "hold", "no_metric"
    elif any(m["status"] == "undecided" for m in metrics):
        verdict, cause = "hold", "insufficient_evidence"
    else:
        verdict, cause = "promote", "proved"
    return {
        "verdict": verdict,
        "cause": cause,
        "metrics": metrics,
        "guardrails": watched,
        "segments": named,
        "sampleRatio": ratio,
        "labelJoin": join,
    }


def split_step(share):
    return {"mode": "split", "share": share}


SHADOW = [{"mode": "shadow", "share": 1}]
REGRESSION = ["mae", "rmse", "r2_score"]
CLASSES = ["accuracy", "precision", "recall", "f1_score"]


def case(name, task, steps, requests, canary, production, **more):
    defaults = {"errors": 0.01} | ({"accuracy": 0.9} if task == "classification" else {})
    return {"name": name, "task": task, "steps": steps, "requests": requests, "keys": 0, "metrics": REGRESSION if task == "regression" else CLASSES,
            "rules": 2, "canary": defaults | canary, "production": defaults | production} | more


CASES = [
    case("split, better", "regression", [split_step(0.5)], 6000, {"loss": 0.8}, {}),
    case("split, worse on squares", "regression", [split_step(0.5)], 6000, {"loss": 1.4}, {}, keys=300),
    case("split, undecided, few", "regression", [split_step(0.3)], 1500, {}, {}, metrics=["mae", "accuracy"]),
    case("ramp, sticky keys, more errors", "regression", [split_step(0.05), split_step(0.2), split_step(0.5)], 9000,
         {"errors": 0.04, "slow": 1.1}, {"errors": 0.02}, keys=80, latencyBudgetMs=95, missBudget=1.2),
    case("ramp, many events", "regression", [split_step(0.1), split_step(0.7)], 8000,
         {"errors": 0.05, "slow": 1.02}, {"errors": 0.05}, latencyBudgetMs=60, missBudget=0.9, metrics=["rmse"]),
    case("split, classes", "classification", [split_step(0.4)], 9000, {"accuracy": 0.9}, {"accuracy": 0.9}),
    case("split, worse classes", "classification", [split_step(0.5)], 9000, {"accuracy": 0.65}, {"accuracy": 0.9}, keys=900, missBudget=0.5),
    case("split, one bad segment", "regression", [split_step(0.5)], 8000, {"energy": 1.9}, {}, segments=True, metrics=["mae", "r2_score", "rmse"],
         latencyBudgetMs=80, missBudget=1.3),
    case("split, segments of classes", "classification", [split_step(0.2), split_step(0.5)], 7000, {"errors": 0.03}, {}, segments=True, keys=2000),
    case("delayed labels, unripe cohorts", "regression", [split_step(0.3), split_step(0.5)], 8000, {"labelled": 0.9}, {"labelled": 0.9},
         cohortMs=1_000_000, labelWindowMs=1_500_000, now=8_000_000, missBudget=1.1, metrics=["mae"]),
    case("delayed labels, lost", "regression", [split_step(0.5)], 8000, {"labelled": 0.5}, {"labelled": 0.8},
         cohortMs=2_000_000, labelWindowMs=1_000_000, now=8_000_000, metrics=["mae"]),
    case("split, outcomes lost", "regression", [split_step(0.5)], 6000, {"kept": 0.7}, {}, metrics=["mae"]),
    case("split, outcomes lost, sticky keys", "regression", [split_step(0.25), split_step(0.5)], 6000, {"kept": 0.8}, {}, keys=40, metrics=["mae"]),
    case("no metric of the task", "classification", [split_step(0.5)], 500, {}, {}, metrics=["mae"]),
    case("rules of old", "regression", [split_step(0.1), split_step(0.3)], 9000, {"loss": 0.8}, {}, keys=60, segments=True, rules=None),
    case("rules of old, classes", "classification", [split_step(0.4)], 9000, {"accuracy": 0.95}, {"accuracy": 0.9}, keys=200, rules=None),
    case("few of few keys", "regression", [split_step(0.15), split_step(0.35)], 9000, {"loss": 0.7}, {}, keys=60, segments=True),
    case("the other arm is the smaller one", "regression", [split_step(0.75)], 9000, {"loss": 1.3}, {}, keys=600),
    case("shadow, equal", "regression", SHADOW, 2500, {}, {}),
    case("shadow, worse", "regression", SHADOW, 2500, {"loss": 1.5}, {}, keys=700, missBudget=1.1, latencyBudgetMs=99),
    case("shadow, bounded, few", "regression", SHADOW, 700, {"loss": 1.6}, {}, lossBound=2.5, metrics=["mae", "rmse"]),
    case("shadow, bounded, keys", "regression", SHADOW, 2200, {"loss": 0.9}, {}, lossBound=1.6, keys=500, metrics=["mae", "rmse"]),
    case("shadow, beyond the bound", "regression", SHADOW, 1300, {}, {}, lossBound=1.2, metrics=["mae"]),
    case("shadow, classes", "classification", SHADOW, 2500, {"accuracy": 0.92}, {}),
    case("shadow, classes, keys", "classification", SHADOW, 9000, {"accuracy": 0.8}, {}, keys=300, segments=True),
    case("shadow, few classes", "classification", SHADOW, 300, {"accuracy": 0.97}, {}, metrics=["accuracy", "recall", "precision"]),
    case("shadow, more errors", "regression", SHADOW, 4000, {"errors": 0.06, "slow": 1.3}, {"errors": 0.02}, keys=3000, latencyBudgetMs=90, metrics=["mae"]),
    case("shadow, bad segment", "regression", SHADOW, 6000, {"energy": 2.2}, {}, segments=True, missBudget=1.5, metrics=["mae"]),
    case("shadow, then split", "regression", SHADOW + [split_step(0.3)], 6000, {"loss": 0.9}, {}, keys=1500, segments=True, missBudget=1.2, metrics=["mae", "rmse"]),
    case("shadow, then split, classes", "classification", SHADOW + [split_step(0.5)], 6000, {"accuracy": 0.88}, {}, latencyBudgetMs=97),
    case("shadow of old", "regression", SHADOW, 2500, {"loss": 1.1}, {}, withoutKeys=True, missBudget=1.1, latencyBudgetMs=99, lossBound=2),
    case("shadow of old, unbounded", "regression", SHADOW, 2500, {"errors": 0.03}, {}, withoutKeys=True),
    case("shadow of old, classes", "classification", SHADOW, 6000, {"accuracy": 0.88}, {}, withoutKeys=True, segments=True),
    case("shadow of old, worse classes", "classification", SHADOW, 6000, {"accuracy": 0.75}, {}, withoutKeys=True),
]


def plain(value):
    """NumPy's numbers as Python's."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value


if __name__ == "__main__":
    for seed, one in enumerate(CASES):
        one["seed"] = seed + 1
    write("canary", [plain({**one, "expected": decide(one)}) for one in CASES])
