"""EventBridge Scheduler: the times of a schedule expression.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html

No library fits: they read weekdays and `L`, `W` and `#` as other dialects do, or fail for the 31st of a short month.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DayTest = Callable[[date], bool]

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), start=1
    )
}
_WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)}
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True)
class Cron:
    """A cron expression: the days that it selects, and the times on each of them."""

    times_of_day: list[time]
    months: set[int]
    years: set[int]
    is_day: DayTest

    def times(self, first: date, last: date) -> Iterator[datetime]:
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if day.year in self.years and day.month in self.months and self.is_day(day):
                yield from (datetime.combine(day, time_of_day) for time_of_day in self.times_of_day)


Expression = timedelta | datetime | Cron
"""A rate, a local time, or a cron expression."""


def parse(expression: str) -> Expression:
    """Raises ValueError for an expression that AWS rejects."""
    if found := re.fullmatch(r"rate\(([1-9]\d*) (minute|hour|day)s?\)", expression):
        return int(found[1]) * _UNITS[found[2]]
    if found := re.fullmatch(r"at\((.*)\)", expression):
        return datetime.strptime(found[1], "%Y-%m-%dT%H:%M:%S")
    if found := re.fullmatch(r"cron\((.*)\)", expression):
        return _cron(found[1])
    raise ValueError(expression)


def times(
    expression: Expression, zone: ZoneInfo, created: datetime, since: datetime, until: datetime
) -> Iterator[datetime]:
    """When a schedule that was created at a time fires, from `since` until just before `until`, in UTC."""
    if isinstance(expression, timedelta):
        moment = created + max(0, -((created - since) // expression)) * expression
        while moment < until:
            yield moment
            moment += expression
        return
    local_times = (
        [expression]
        if isinstance(expression, datetime)
        else expression.times(since.astimezone(zone).date(), until.astimezone(zone).date())
    )
    for local in local_times:
        moment = local.replace(tzinfo=zone).astimezone(UTC)
        # A time that the clocks skip is skipped, and one that they repeat counts once.
        exists = moment.astimezone(zone).replace(tzinfo=None) == local
        if exists and since <= moment < until:
            yield moment


def _cron(fields: str) -> Cron:
    minutes, hours, day_of_month, months, day_of_week, years = fields.split()
    if (day_of_month == "?") == (day_of_week == "?"):
        raise ValueError("one of day-of-month and day-of-week must be ?")
    return Cron(
        [time(hour, minute) for hour in sorted(_numbers(hours, 0, 23)) for minute in sorted(_numbers(minutes, 0, 59))],
        _numbers(months, 1, 12, _MONTHS),
        _numbers(years, 1970, 2199),
        _day_of_month(day_of_month) if day_of_week == "?" else _day_of_week(day_of_week),
    )


def _numbers(field: str, lowest: int, highest: int, names: dict[str, int] | None = None) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        match = re.fullmatch(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?", part)
        if match is None:
            raise ValueError(part)
        every, start, end, step = match.groups()
        first = lowest if every else _number(start, names)
        last = highest if every or (step and not end) else _number(end or start, names)
        if not (lowest <= first <= last <= highest and 1 <= int(step or 1) <= highest):
            raise ValueError(part)
        found.update(range(first, last + 1, int(step or 1)))
    return found


def _number(text: str, names: dict[str, int] | None) -> int:
    return (names or {}).get(text.upper()) or int(text)


def _day_of_month(field: str) -> DayTest:
    if field == "L":
        return lambda day: day.day == _last_of_month(day)
    if field.endswith("W"):
        (wanted,) = _numbers(field[:-1], 1, 31)
        return lambda day: day == _nearest_weekday(day, wanted)
    numbers = _numbers(field, 1, 31)
    return lambda day: day.day in numbers


def _day_of_week(field: str) -> DayTest:
    if found := re.fullmatch(r"(\w+)#([1-5])", field):
        (wanted,), which = _numbers(found[1], 1, 7, _WEEKDAYS), int(found[2])
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == which
    if found := re.fullmatch(r"(\w+)L", field):
        (wanted,) = _numbers(found[1], 1, 7, _WEEKDAYS)
        return lambda day: _weekday(day) == wanted and day.day + 7 > _last_of_month(day)
    numbers = {_WEEKDAYS["SAT"]} if field == "L" else _numbers(field, 1, 7, _WEEKDAYS)
    return lambda day: _weekday(day) in numbers


def _weekday(day: date) -> int:
    """From 1 for Sunday to 7 for Saturday."""
    return day.isoweekday() % 7 + 1


def _last_of_month(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, wanted: int) -> date | None:
    """The weekday closest to this day of the month, within the month."""
    if wanted > _last_of_month(day):
        return None
    nearest = day.replace(day=wanted)
    if nearest.isoweekday() == 6:
        nearest += timedelta(days=-1 if wanted > 1 else 2)
    elif nearest.isoweekday() == 7:
        nearest += timedelta(days=1 if wanted < _last_of_month(day) else -2)
    return nearest
