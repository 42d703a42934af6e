"""Writes fixtures/bd_rate.json: BD-rates by the package `bjontegaard` and by SciPy's interpolator.

Needs: pip install bjontegaard scipy
"""
import json
import pathlib

import bjontegaard
import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

FROM, TO = 0.03, 0.4


def windowed(anchor, codec):
    """Over the PSNR that the anchor has between the two rates; percent and coverage."""
    base = PchipInterpolator(anchor["psnr"], np.log(anchor["rate"]))
    other = PchipInterpolator(codec["psnr"], np.log(codec["rate"]))
    low, high = anchor["psnr"][0], anchor["psnr"][-1]

    def psnr_at(rate):
        if np.log(rate) <= base(low): return low
        if np.log(rate) >= base(high): return high
        return brentq(lambda p: base(p) - np.log(rate), low, high, xtol=1e-12)

    least, most = psnr_at(FROM), psnr_at(TO)
    start, end = max(least, codec["psnr"][0]), min(most, codec["psnr"][-1])
    mean = (other.integrate(start, end) - base.integrate(start, end)) / (end - start)
    return 100 * np.expm1(mean), (end - start) / (most - least)


def curve(rng, points, low, high, slope, offset):
    rate = np.sort(np.exp(rng.uniform(np.log(low), np.log(high), points)))
    psnr = offset + slope * np.log2(rate / 0.1) - 0.3 * np.log2(rate / 0.1) ** 2 / 4
    return {"rate": rate.tolist(), "psnr": np.sort(psnr + rng.uniform(-0.05, 0.05, points)).tolist()}


rng = np.random.default_rng(7)
cases = []
for low, high, slope, offset in [(0.02, 0.6, 1.2, 32), (0.05, 0.9, 1.5, 31), (0.02, 0.3, 2, 36.2), (0.1, 0.5, 1, 32.5)]:
    anchor, codec = curve(rng, 9, 0.015, 0.8, 1.3, 32.2), curve(rng, 8, low, high, slope, offset)
    whole = bjontegaard.bd_rate(anchor["rate"], anchor["psnr"], codec["rate"], codec["psnr"],
                                method="pchip", require_matching_points=False, min_overlap=0)
    percent, coverage = windowed(anchor, codec)
    cases.append({"anchor": anchor, "codec": codec, "whole": float(whole), "percent": float(percent),
                  "coverage": float(coverage)})
file = pathlib.Path(__file__).parent / "fixtures" / "bd_rate.json"
file.write_text(json.dumps({"cases": cases}, indent=1) + "\n")
print([(c["whole"], c["percent"], c["coverage"]) for c in cases])
