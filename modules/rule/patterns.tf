# A source_pattern or exclude_pattern is interpreted by Go's regexp (RE2) at plan and by Python's re at run time. Only
# the language that both interpret the same is accepted. It excludes what only one of them has ([[:alpha:]], \z, \Q,
# \p, (?<name>), lookaround), what they interpret differently ({,n}, \12, [\d-z]), and the repetition of a group whose
# content varies, such as (a*)*: they fill such groups differently, and Python may take exponential time.

locals {
  character  = "[ -#%-',/->@-Z_-z~-]"
  escape     = "\\\\(?:[aDdfnrSstvWw]|x[0-9A-Fa-f]{2}|[!-/:-@\\[-`{-~])"
  range_end  = "(?:[ -%'-,.-Z^-{}]|\\\\(?:[afnrtv]|x[0-9A-Fa-f]{2}|[!-/:-@\\[-`{-~]))"
  class_item = "(?:${local.range_end}-${local.range_end}|${local.range_end}|\\\\[DdSsWw])"
  class      = "\\[\\^?(?:-|-?${local.class_item}+-?)\\]"
  atom       = "(?:${local.character}|\\.|${local.escape}|${local.class})"
  assertion  = "(?:[\\^$]|\\\\[AbB])"
  open_group = "\\((?:\\?:|\\?-?[ims]+:|\\?P<[A-Za-z_][A-Za-z0-9_]*>)?"
  repeat     = "(?:[*+]|\\{[0-9]+(?:,[0-9]*)?\\})\\??"
  option     = "\\?\\??"

  portable_pattern = join("", [
    "^(?:\\(\\?[ims]+\\))?(?:",
    join("|", [
      "${local.atom}(?:${local.repeat}|${local.option})?",
      "${local.open_group}${local.atom}+\\)${local.repeat}",
      local.assertion,
      local.open_group,
      "\\)(?:${local.option})?",
      "\\|",
    ]),
    ")*$",
  ])

  # (?=, (?!, (?<= and (?<!, where the pattern is not a regular expression for Go.
  lookaround = "\\(\\?<?[=!]"

  named_group = "\\(\\?P<([A-Za-z0-9_]+)>"

  # Escapes and classes are tokens as well, so that a bracket in them does not count as a group. The match captures the
  # name of a group, or the bracket of one without a name. (?: ) captures nothing.
  group_token = "\\\\.|\\[\\^?(?:\\\\.|[^\\]])*\\]|\\(\\?(?:P<([A-Za-z0-9_]+)>)?|(\\()"
  groups      = [for token in regexall(local.group_token, var.source_pattern) : join("", compact(token)) if length(compact(token)) > 0]
  group_names = concat([for number in range(length(local.groups) + 1) : tostring(number)], [for group in local.groups : group if group != "("])

  # $1, ${1}, $name, ${name}; a name is as long as possible.
  reference = "\\$(?:([A-Za-z0-9_]+)|\\{([A-Za-z0-9_]+)\\})"

  way_out_of_syntax_error  = "which is not a regular expression. Check for unbalanced brackets, a * or + with nothing before it, and unknown escapes."
  way_out_of_lookaround    = "which has a lookahead or a lookbehind. They are not available, because Terraform does not support them. Put what a table's name has to match in source_pattern, and what it must not match in exclude_pattern."
  way_out_of_differences   = "which Terraform (at plan) and Python (at run time) interpret differently. Use ASCII characters, classes such as [a-z_-] and \\d, the anchors ^, $ and \\b, groups ( ), (?: ) and (?P<name> ), the repeats *, +, ? and {n,m}, |, and (?i) at the very start. Escape literal brackets with \\. A group that is repeated by *, + or {n,m} may only contain characters and classes."
  way_out_of_unknown_group = "but source_pattern is \"${var.source_pattern}\", with the groups ${join(", ", local.group_names)}. Add the group, or, where letters or digits follow a reference, write $${1}x instead of $1x."
}
