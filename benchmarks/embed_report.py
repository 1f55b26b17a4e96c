"""From the rounds of `benchmarks.embed` to its table and picture.

python -m benchmarks.embed_report embed.json [--picture embed.png]
"""

import argparse
import json
import os
import platform
from pathlib import Path

import numpy as np

from benchmarks.embed_arithmetic import operations_of_text


def machine():
    """What it was measured on."""
    lines = Path("/proc/cpuinfo")
    names = [line for line in lines.read_text().splitlines() if "model name" in line]
    return {
        "processor": names[0].split(":")[1].strip() if names else platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def product_rate(products, dtype):
    """GFLOP/s of the fastest library; of int8, whose products nobody offers, that of float32."""
    dtype = "float32" if dtype == "int8" else dtype
    return max(rate for name, rate in products.items() if name.endswith(dtype))


def summary(result, sentences, config):
    """By contender: tokens/s of the rounds, × the fastest peer, share of the machine's rate."""
    peers = result["peers"]
    rounds = {  # not every run has every contender
        name: [each for each in result["rounds"] if name in each["seconds"]]
        for name in result["contenders"]
    }
    speeds = {
        name: [result["tokens"] / each["seconds"][name] for each in some]
        for name, some in rounds.items()
    }
    fastest = max((np.median(speeds[name]) for name in peers), default=None)
    found = {}
    for name, contender in result["contenders"].items():
        words = contender["mode"] != "warm"
        operations = operations_of_text(config, sentences, words=words)
        shares = [
            operations
            / each["seconds"][name]
            / 1e9
            / product_rate(each["products"], contender["dtype"])
            for each in rounds[name]
        ]
        found[name] = {
            "tokens_per_second": float(np.median(speeds[name])),
            "least": min(speeds[name]),
            "most": max(speeds[name]),
            "times_fastest_peer": float(np.median(speeds[name]) / fastest) if fastest else None,
            "share_of_products": float(np.median(shares)),
            "rounds": len(rounds[name]),
        }
    return found


def print_report(result):
    print(
        f"{result['machine']['processor']}, {result['machine']['cores']} cores. "
        f"{result['sentences']} sentences, {result['tokens']:,} tokens, "
        f"{result['word_types']:,} word types; {len(result['rounds'])} rounds."
    )
    for name in result["rounds"][-1]["products"]:
        rates = [each["products"][name] for each in result["rounds"] if name in each["products"]]
        print(
            f"products, {name}: {np.median(rates):.0f} ({min(rates):.0f}–{max(rates):.0f}) GFLOP/s"
        )
    print("\n| | tokens/s | range | × the fastest peer | of the machine's rate |")
    print("|---|---|---|---|---|")
    order = sorted(result["summary"].items(), key=lambda pair: -pair[1]["tokens_per_second"])
    for name, row in order:
        ratio = f"{row['times_fastest_peer']:.2f}" if row["times_fastest_peer"] else ""
        between = f"{row['least']:,.0f}–{row['most']:,.0f}"
        share = f"{row['share_of_products']:.0%}"
        print(f"| {name} | {row['tokens_per_second']:,.0f} | {between} | {ratio} | {share} |")
    print("\n| vectors beside plain Keras | largest difference | relative RMS |\n|---|---|---|")
    for name, row in result["differences"].items():
        print(f"| {name} | {row['max_difference']:.1e} | {row['relative_rms']:.1e} |")


def draw(result, path):
    """Bars of tokens per second, the fastest on top."""
    from matplotlib.figure import Figure

    rows = sorted(result["summary"].items(), key=lambda pair: pair[1]["tokens_per_second"])
    names = [name for name, _ in rows]
    speeds = [row["tokens_per_second"] for _, row in rows]
    spread = [
        [row["tokens_per_second"] - row["least"] for _, row in rows],
        [row["most"] - row["tokens_per_second"] for _, row in rows],
    ]
    colors = ["#2a6f97" if name.startswith("keras-elmo") else "#b0b7bd" for name in names]
    figure = Figure(figsize=(9, 0.42 * len(names) + 1.4), layout="constrained")
    axes = figure.subplots()
    axes.barh(names, speeds, xerr=spread, color=colors, error_kw={"ecolor": "#333333"})
    for y, (_, row) in enumerate(rows):
        text = f"{row['tokens_per_second']:,.0f}"
        if row["times_fastest_peer"]:
            text += f"   × {row['times_fastest_peer']:.1f}"
        axes.text(row["most"] + 0.012 * max(speeds), y, text, va="center", fontsize=9)
    axes.set_xlim(0, 1.2 * max(row["most"] for _, row in rows))
    axes.set_xlabel("tokens per second (× the fastest other library with sentences as they come)")
    axes.set_title(
        f"Embedding with an ELMo of 93.6 M parameters on {result['machine']['cores']} cores",
        loc="left",
    )
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result", type=Path)
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    result = json.loads(arguments.result.read_text())
    print_report(result)
    if arguments.picture:
        draw(result, arguments.picture)


if __name__ == "__main__":
    main()
