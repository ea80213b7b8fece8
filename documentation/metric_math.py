"""What CloudWatch draws of metrics: statistics of each period, and metric math.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul, sub, truediv
from statistics import mean
from typing import Any

from documentation.example_metrics import SECONDS, Point

_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {"Sum": sum, "Maximum": max, "Average": mean}


@dataclass(frozen=True)
class Series:
    """A value for each period, None where there is none."""

    period: int
    values: Sequence[float | None]

    def __sub__(self, other: "Series | float") -> "Series":
        return self._combined(sub, other)

    def __mul__(self, other: "Series | float") -> "Series":
        return self._combined(mul, other)

    def __truediv__(self, other: "Series | float") -> "Series":
        return self._combined(truediv, other)

    def _combined(self, operator: Callable[[float, float], float], other: "Series | float") -> "Series":
        """Where one of two series has no value, it counts as 0."""
        if isinstance(other, Series):
            pairs = zip(self.values, other.values, strict=True)
            return Series(self.period, [operator(one or 0, two or 0) for one, two in pairs])
        return Series(self.period, [None if value is None else operator(value, other) for value in self.values])


def lines(graph: Mapping[str, Any], points: Mapping[tuple[str, str], Sequence[Point]]) -> Iterator[tuple[str, Series]]:
    """The label and the values of each line in a widget, given its properties, and points by metric and dimension."""
    metrics = [(entry[:-1], {"period": graph["period"]} | entry[-1]) for entry in graph["metrics"]]
    by_id = {
        options.get("id", options.get("label")): _series(points.get((metric[1], metric[-1]), ()), options)
        for metric, options in metrics
        if metric
    }
    for metric, options in metrics:
        if options.get("visible", True):
            series = by_id[options["label"]] if metric else _evaluated(options["expression"], by_id)
            yield options["label"], series


def _series(points: Sequence[Point], options: Mapping[str, Any]) -> Series:
    """The statistic of each period."""
    periods: defaultdict[int, list[float]] = defaultdict(list)
    for second, value in points:
        periods[second // options["period"]].append(value)
    statistic = _STATISTICS[options["stat"]]
    numbers = range(SECONDS // options["period"])
    return Series(options["period"], [statistic(periods[number]) if number in periods else None for number in numbers])


def _evaluated(expression: str, series: Mapping[str, Series]) -> Series:
    result: Series = eval(expression.replace("^", "**"), {**_FUNCTIONS, **series})  # noqa: S307
    return result


def _if(condition: Series, then: Series) -> Series:
    pairs = zip(condition.values, then.values, strict=True)
    return Series(then.period, [value if holds else None for holds, value in pairs])


def _epoch(series: Series) -> Series:
    return Series(series.period, [number * series.period for number, _ in enumerate(series.values)])


def _fill(series: Series, _repeat: None) -> Series:
    def latest(before: float | None, value: float | None) -> float | None:
        return before if value is None else value

    return Series(series.period, list(accumulate(series.values, latest)))


_FUNCTIONS = {"IF": _if, "EPOCH": _epoch, "FILL": _fill, "REPEAT": None}
