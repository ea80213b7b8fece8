"""The inputs and outputs of a module, as tables of its README, from its variables.tf and outputs.tf."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import hcl2

BEGIN = "<!-- Written by make docs -->"
_END = "<!-- End -->"
_TABLE = re.compile(rf"(## (Inputs|Outputs)\n\n{BEGIN}\n).*?({_END})", re.DOTALL)

_OBJECT = re.compile(r"(?P<map>map\()?object\((?P<attributes>\{.*\})\)(?(map)\))")
_OPTIONAL = re.compile(r"optional\((?P<type>.*?\)?)(?:, (?P<default>[^()]*))?\)")
_ATTRIBUTE = re.compile(r"^(?P<indent> *)- (?P<names>`\w+`(?:, `\w+`)*): (?P<description>.+)$")


class Undescribed(Exception):
    """The attributes of an object are not those that its description lists."""


class _Attribute(NamedTuple):
    name: str
    type: str
    default: str


def with_tables(page: str, module: Path) -> str:
    """The README of a module, with what stands between the comments under "Inputs" and "Outputs" written anew.

    Raises `Undescribed`.
    """
    tables = {"Inputs": _inputs, "Outputs": _outputs}
    return _TABLE.sub(lambda match: f"{match[1]}\n{tables[match[2]](module)}\n{match[3]}", page)


def _inputs(module: Path) -> str:
    variables = _blocks(module / "variables.tf", "variable")
    rows = [("name", "type", "default", "description"), ("---",) * 4]
    of_objects = ""
    for name, variable in variables:
        type_ = _source(variable["type"])
        description, attributes = _split(_text(variable["description"]))
        default = f"`{_json(variable['default'])}`" if "default" in variable else "required"
        rows.append((f"`{name}`", f"`{_short(type_)}`", default, description))
        if "object(" in type_:
            of_objects += f"\nAttributes of `{name}`:\n\n{_attributes_table(name, type_, attributes)}"
    return _table(rows) + of_objects


def _attributes_table(variable: str, type_: str, descriptions: Mapping[str, str]) -> str:
    attributes = list(_attributes(type_))
    if [attribute.name for attribute in attributes] != list(descriptions):
        raise Undescribed(
            f"the description of {variable} lists {', '.join(descriptions)}; "
            f"its type has {', '.join(attribute.name for attribute in attributes)}"
        )
    rows = [("name", "type", "default", "description"), ("---",) * 4]
    for name, attribute_type, default in attributes:
        rows.append((f"`{name}`", f"`{_short(attribute_type)}`", default, descriptions[name]))
    return _table(rows)


def _outputs(module: Path) -> str:
    rows = [("name", "description"), ("---",) * 2]
    rows += [(f"`{name}`", _text(output["description"])) for name, output in _blocks(module / "outputs.tf", "output")]
    return _table(rows)


def _blocks(file: Path, kind: str) -> list[tuple[str, dict[str, Any]]]:
    with file.open() as source:
        return [(json.loads(name), body) for block in hcl2.load(source)[kind] for name, body in block.items()]


def _attributes(type_: str, prefix: str = "") -> Iterator[_Attribute]:
    """Those of an object, or of the objects in a map, and of the objects in it."""
    match = _OBJECT.fullmatch(type_)
    if not match:
        return
    for name, value in hcl2.loads(f"attributes = {match['attributes']}\n")["attributes"].items():
        optional = _OPTIONAL.fullmatch(_source(value))
        if optional is None:
            attribute = _Attribute(prefix + name, _source(value), "required")
        else:
            attribute = _Attribute(prefix + name, optional["type"], f"`{optional['default'] or 'null'}`")
        yield attribute
        yield from _attributes(attribute.type, f"{attribute.name}.")


def _split(description: str) -> tuple[str, dict[str, str]]:
    """What is said of a variable, and of each of its attributes, which are a list."""
    said, attributes, parent = [], {}, ""
    for line in description.splitlines():
        match = _ATTRIBUTE.match(line)
        if match is None:
            said.append(line)
            continue
        names = re.findall(r"\w+", match["names"])
        for name in names:
            description = match["description"][0].upper() + match["description"][1:]
            attributes[f"{parent}.{name}" if match["indent"] else name] = description
        parent = parent if match["indent"] else names[0]
    return " ".join(filter(None, said)), attributes


def _source(expression: str) -> str:
    """hcl2 marks what is more than a name."""
    match = re.fullmatch(r"\$\{(.*)\}", expression, re.DOTALL)
    return match[1] if match else expression


def _text(literal: str) -> str:
    """What a string literal or a heredoc says."""
    heredoc = re.fullmatch(r'"<<-(\w+)\n(.*)\n *\1"', literal, re.DOTALL)
    if heredoc is None:
        text = str(json.loads(literal))
    else:
        lines = heredoc[2].splitlines()
        margin = min(len(line) - len(line.lstrip()) for line in lines if line)
        text = "\n".join(line[margin:] for line in lines)
    return text.replace("$${", "${")


def _json(value: Any) -> str:  # noqa: ANN401 (any literal)
    return value if isinstance(value, str) else json.dumps(value)


def _short(type_: str) -> str:
    return _OBJECT.sub(lambda match: "map(object)" if match["map"] else "object", type_)


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    lines = (" | ".join(cell.replace("|", r"\|") for cell in row) for row in rows)
    return "".join(f"| {line} |\n" for line in lines)
