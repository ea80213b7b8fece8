"""Replacement with references to what an expression matched, as Go's `regexp` does it.

Rules follow Go: the project whose settings this one keeps is a Go program, and so is Terraform, which checks them at
plan time (https://pkg.go.dev/regexp#Regexp.Expand). Python's `re.sub` has other references and replaces
empty matches in other places.
"""

import re

_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<bare>\w+)|\{(?P<braced>\w+)\})", re.ASCII)
_GROUP_NUMBER = re.compile(r"0|[1-9][0-9]*", re.ASCII)


def replace_all(pattern: re.Pattern[str], text: str, template: str) -> str:
    """Replaces every match of the pattern by the expanded template, as Go's `ReplaceAllString`.

    An empty match directly after another match is not replaced.
    """
    replaced: list[str] = []
    search_from = last_end = 0
    while search_from <= len(text) and (match := pattern.search(text, search_from)):
        replaced.append(text[last_end : match.start()])
        if match.end() > last_end or match.start() == 0:
            replaced.append(expand(match, template))
        last_end = match.end()
        search_from = max(search_from + 1, match.end())
    return "".join([*replaced, text[last_end:]])


def expand(match: re.Match[str], template: str) -> str:
    """Fills in `$0`, `$1`, `${1}`, `$name` and `${name}`; `$$` is a dollar sign, a group without a match is empty.

    A bare name is as long as possible: `$1x` is the group named `1x`, and `${1}x` is group 1 followed by `x`.
    """

    def value(reference: re.Match[str]) -> str:
        if reference["dollar"]:
            return "$"
        return _group(match, reference["bare"] or reference["braced"])

    return _REFERENCE.sub(value, template)


def _group(match: re.Match[str], name: str) -> str:
    try:
        return match[int(name) if _GROUP_NUMBER.fullmatch(name) else name] or ""
    except IndexError:
        return ""
