variable "name" {
  description = "The rule's key in var.rules of the module around this one."
  type        = string
  nullable    = false

  # Together with "-" and the id of a backup job (36 characters) it names an execution, with at most 80 characters.
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,43}$", var.name))
    error_message = "rules has the name \"${var.name}\". Name a rule with 1 to 43 characters out of A-Z, a-z, 0-9, \"_\" and \"-\"."
  }
}

variable "source_pattern" {
  description = "See var.rules of the module around this one."
  type        = string
  nullable    = false

  validation {
    condition     = can(replace("", "/${var.source_pattern}/", ""))
    error_message = "rules[\"${var.name}\"].source_pattern is \"${var.source_pattern}\", which is not a regular expression. Look for a bracket without its other half, a * or + with nothing before it, and escapes that don't exist."
  }

  validation {
    condition     = can(regex(local.portable_pattern, var.source_pattern)) || !can(replace("", "/${var.source_pattern}/", ""))
    error_message = "rules[\"${var.name}\"].source_pattern is \"${var.source_pattern}\", which Terraform (when planning) and Python (when running) don't read alike. Use ASCII characters, classes such as [a-z_-] and \\d, the anchors ^, $ and \\b, groups ( ), (?: ) and (?P<name> ), the repeats *, +, ? and {n,m}, |, and (?i) at the very start. Write literal brackets with a \\ before them. A group that is repeated by *, + or {n,m} may hold characters and classes only."
  }

  validation {
    condition     = length(distinct(regexall(local.named_group, var.source_pattern))) == length(regexall(local.named_group, var.source_pattern))
    error_message = "rules[\"${var.name}\"].source_pattern is \"${var.source_pattern}\", which gives one name to two groups. Give each group a name of its own."
  }
}

variable "replacement_pattern" {
  description = "See var.rules of the module around this one."
  type        = string
  nullable    = false

  validation {
    condition     = length(setsubtract([for reference in regexall(local.reference, var.replacement_pattern) : one(compact(reference))], local.group_names)) == 0
    error_message = "rules[\"${var.name}\"].replacement_pattern is \"${var.replacement_pattern}\", which refers to the group ${join(", ", setsubtract([for reference in regexall(local.reference, var.replacement_pattern) : one(compact(reference))], local.group_names))}, ${local.way_out_of_unknown_group}"
  }

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{0,${local.replacement_length_max}}$", replace(var.replacement_pattern, "/${local.reference}/", "")))
    error_message = "rules[\"${var.name}\"].replacement_pattern is \"${var.replacement_pattern}\", which can't be part of a table's name. Use at most ${local.replacement_length_max} characters out of a-z, A-Z, 0-9, \"_\", \"-\" and \".\", and references such as $1."
  }
}

variable "ssm_parameter_name" {
  description = "See var.rules of the module around this one; null where no parameter is set."
  type        = string

  validation {
    condition     = length(setsubtract([for reference in try(regexall(local.reference, var.ssm_parameter_name), []) : one(compact(reference))], local.group_names)) == 0
    error_message = "rules[\"${var.name}\"].ssm_parameter_name is ${jsonencode(var.ssm_parameter_name)}, which refers to the group ${join(", ", setsubtract([for reference in try(regexall(local.reference, var.ssm_parameter_name), []) : one(compact(reference))], local.group_names))}, ${local.way_out_of_unknown_group}"
  }

  validation {
    condition = var.ssm_parameter_name == null ? true : (
      can(regex("^(?:[a-zA-Z0-9_.-]+|(?:/[a-zA-Z0-9_.-]+){1,15})$", replace(var.ssm_parameter_name, "/${local.reference}/", "x")))
      && !can(regex("(?i)^/?(?:aws|ssm)", var.ssm_parameter_name))
      && length(var.ssm_parameter_name) <= local.parameter_name_length_max
    )
    error_message = "rules[\"${var.name}\"].ssm_parameter_name is ${jsonencode(var.ssm_parameter_name)}, which Systems Manager does not take as the name of a parameter. Use up to 15 levels, each after a \"/\", out of a-z, A-Z, 0-9, \"_\", \"-\" and \".\", with references such as $1; not starting with \"aws\" or \"ssm\"; at most ${local.parameter_name_length_max} characters. For no parameter, leave it out."
  }
}

variable "parameters_arn" {
  description = "ARN of the account's SSM parameters: without a name, and without the slash before it."
  type        = string
  nullable    = false
}
