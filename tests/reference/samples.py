"""Samples that Python and TypeScript make bit for bit alike: an LCG and +, -, *, / only. See samples.ts."""

import numpy as np

A, C, M = 1664525, 1013904223, 1 << 32


def uniforms(seed, count):
    """Uniform in (0, 1) with 32 bits: state' = A state + C mod 2^32, u = (state' + 1/2) / 2^32."""
    out = np.empty(count, dtype=np.float64)
    state = seed
    for i in range(count):
        state = (A * state + C) % M
        out[i] = (state + 0.5) / M
    return out


def sample(recipe):
    """A recipe is a list of literal values or {shape, n, seed, shift, scale} and so on, as in the JSON files."""
    if isinstance(recipe, list):
        return np.array([float(x) for x in recipe], dtype=np.float64)
    n, shape = recipe["n"], recipe["shape"]
    if shape == "constant":
        x = np.zeros(n)
    elif shape == "uniform":
        x = uniforms(recipe["seed"], n)
    elif shape == "bell":  # sum of four uniforms, centred
        u = uniforms(recipe["seed"], 4 * n).reshape(n, 4)
        x = ((u[:, 0] + u[:, 1]) + u[:, 2]) + u[:, 3] - 2.0
    elif shape == "heavy":  # tails as a Cauchy distribution's
        u = uniforms(recipe["seed"], n)
        x = (u - 0.5) / (u * (1.0 - u))
    elif shape == "skewed":  # tails of exponent 1/2: no mean
        u = uniforms(recipe["seed"], n)
        r = u / (1.0 - u)
        x = r * r
    elif shape == "ties":  # floor(u * levels)
        x = np.floor(uniforms(recipe["seed"], n) * recipe["levels"])
    else:
        raise ValueError(shape)
    return x * recipe.get("scale", 1.0) + recipe.get("shift", 0.0)
