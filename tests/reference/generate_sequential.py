"""Writes sequential.json: values of the sequential methods from their formulas in 50-digit arithmetic. Needs mpmath 1.3."""

from mpmath import beta, erfc, gammainc, log, loggamma, mp, mpf, sqrt

from generate import write

mp.dps = 50


def best_rho(v, alpha):
    l = -2 * log(alpha)
    return v / (l + log(1 + l))


def gamma_exponential(s, v, c, v_opt, alpha_opt=mpf("0.05")):
    rho = best_rho(v_opt, 2 * alpha_opt)
    prior = rho / c**2
    shape = (v + rho) / c**2
    drift = (c * s + v) / c**2
    lower = lambda a, x: log(gammainc(a, 0, x, regularized=True))
    return (prior * log(prior) - loggamma(prior) - lower(prior, prior) + loggamma(shape) + lower(shape, drift + prior)
            - shape * log(drift + prior) + drift)


def beta_binomial(k, n, p, t_opt, alpha_opt=mpf("0.05")):
    v = p * (1 - p)
    r = max(best_rho(v * t_opt, alpha_opt) - v, v / 1000)
    a, b = r / (1 - p), r / p
    return log(beta(a + k, b + n - k)) - log(beta(a, b)) - k * log(p) - (n - k) * log(1 - p)


def asymptotic(n, z, alpha, tuned_for):
    growth = n / best_rho(tuned_for, 2 * alpha)
    shrink = growth / (1 + growth)
    normal_cdf = erfc(-z * sqrt(shrink) / sqrt(mpf(2))) / 2
    return log(2 / sqrt(1 + growth)) + shrink * z**2 / 2 + log(normal_cdf)


def events(steps, ratio):
    total = mpf(0)
    for odds in map(mpf, ("1.1", "1.25", "1.5", "2", "3", "5", "10")):
        product = mpf(1)
        for share, canary, production in steps:
            q = share * ratio / (share * ratio + 1 - share)
            product *= odds**canary / (1 - q + q * odds) ** (canary + production)
        total += product
    return log(total / 7)


def dirichlet(counts, shares, concentration=1000):
    alphas = [concentration * p for p in shares]
    value = loggamma(sum(alphas)) - loggamma(sum(alphas) + sum(counts))
    for n, p, a in zip(counts, shares, alphas):
        value += loggamma(a + n) - loggamma(a) - n * log(p)
    return value


def case(method, value, **arguments):
    plain = lambda x: [plain(i) for i in x] if isinstance(x, (list, tuple)) else float(x)
    return {"method": method, **{name: plain(x) for name, x in arguments.items()}, "value": float(value)}


CASES = []
for s, v, c, v_opt in ((20, 50, 1, 100), (60, 100, 2, 100), (-5, 40, 1, 10), (400, 9000, mpf("1.95"), 500)):
    s, v, c, v_opt = map(mpf, (s, v, c, v_opt))
    CASES.append(case("gammaExponential", gamma_exponential(s, v, c, v_opt), sum=s, variance=v, scale=c, tunedFor=v_opt))
for k, n, p, t in ((700, 1000, "0.65", 100), (3, 900, "0.01", 1000), (0, 20, "0.5", 50), (990, 1000, "0.99", 500)):
    CASES.append(case("betaBinomial", beta_binomial(mpf(k), mpf(n), mpf(p), mpf(t)), successes=k, trials=n, p=mpf(p), tunedFor=t))
for n, z in ((500, 3), (2500, "-1.5"), (40000, "4.25"), (1000, 0), (5000, -30)):
    CASES.append(case("asymptotic", asymptotic(mpf(n), mpf(z), mpf("0.05"), mpf(1000)), n=n, z=mpf(z)))
STEPS = [(mpf("0.01"), 2, 40), (mpf("0.05"), 9, 60), (mpf("0.5"), 80, 50)]
for ratio in ("1", "1.25", "2"):
    CASES.append(case("events", events(STEPS, mpf(ratio)), steps=STEPS, ratio=mpf(ratio)))
for counts, share in (((480, 9520), "0.05"), ((5200, 4800), "0.5"), ((0, 100), "0.01")):
    shares = (mpf(share), 1 - mpf(share))
    CASES.append(case("sampleRatio", dirichlet(counts, shares), counts=counts, shares=shares))

write("sequential", CASES)
