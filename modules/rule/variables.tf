# tflint-ignore-file: terraform_unused_declarations # some are only validated here

variable "name" {
  description = "The rule's key in var.rules of the parent module."
  type        = string
  nullable    = false

  # Together with the id of a recovery point (36 characters), the time of a request (14) and two hyphens, it names an
  # execution, which has at most 80.
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,28}$", var.name))
    error_message = "rules has the name \"${var.name}\". Use 1 to 28 characters from A-Z, a-z, 0-9, \"_\" and \"-\"."
  }
}

variable "source_pattern" {
  description = "See var.rules of the parent module."
  type        = string
  nullable    = false

  validation {
    condition     = can(replace("", "/${var.source_pattern}/", ""))
    error_message = "rules[\"${var.name}\"].source_pattern is \"${var.source_pattern}\", ${can(regex(local.lookaround, var.source_pattern)) ? local.way_out_of_lookaround : local.way_out_of_syntax_error}"
  }

  validation {
    condition     = can(regex(local.portable_pattern, var.source_pattern)) || !can(replace("", "/${var.source_pattern}/", ""))
    error_message = "rules[\"${var.name}\"].source_pattern is \"${var.source_pattern}\", ${local.way_out_of_differences}"
  }

  validation {
    condition     = length(distinct(regexall(local.named_group, var.source_pattern))) == length(regexall(local.named_group, var.source_pattern))
    error_message = "rules[\"${var.name}\"].source_pattern is \"${var.source_pattern}\", which gives two groups the same name. Give each group its own name."
  }
}

variable "exclude_pattern" {
  description = "See var.rules of the parent module. Null where nothing is excluded."
  type        = string
  default     = null

  validation {
    condition     = var.exclude_pattern == null ? true : can(replace("", "/${var.exclude_pattern}/", ""))
    error_message = "rules[\"${var.name}\"].exclude_pattern is ${jsonencode(var.exclude_pattern)}, ${can(regex(local.lookaround, var.exclude_pattern)) ? local.way_out_of_lookaround : local.way_out_of_syntax_error}"
  }

  validation {
    condition     = var.exclude_pattern == null ? true : can(regex(local.portable_pattern, var.exclude_pattern)) || !can(replace("", "/${var.exclude_pattern}/", ""))
    error_message = "rules[\"${var.name}\"].exclude_pattern is ${jsonencode(var.exclude_pattern)}, ${local.way_out_of_differences}"
  }

  validation {
    condition     = var.exclude_pattern == null ? true : length(distinct(regexall(local.named_group, var.exclude_pattern))) == length(regexall(local.named_group, var.exclude_pattern))
    error_message = "rules[\"${var.name}\"].exclude_pattern is ${jsonencode(var.exclude_pattern)}, which gives two groups the same name. Give each group its own name."
  }
}

variable "replacement_pattern" {
  description = "See var.rules of the parent module."
  type        = string
  nullable    = false

  validation {
    condition     = length(setsubtract([for reference in regexall(local.reference, var.replacement_pattern) : one(compact(reference))], local.group_names)) == 0
    error_message = "rules[\"${var.name}\"].replacement_pattern is \"${var.replacement_pattern}\", which refers to the group ${join(", ", setsubtract([for reference in regexall(local.reference, var.replacement_pattern) : one(compact(reference))], local.group_names))}, ${local.way_out_of_unknown_group}"
  }

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{0,${local.replacement_length_max}}$", replace(var.replacement_pattern, "/${local.reference}/", "")))
    error_message = "rules[\"${var.name}\"].replacement_pattern is \"${var.replacement_pattern}\", which cannot be part of a table's name. Use at most ${local.replacement_length_max} characters from a-z, A-Z, 0-9, \"_\", \"-\" and \".\", and references such as $1."
  }
}

variable "ssm_parameter_name" {
  description = "See var.rules of the parent module. Null where no parameter is set."
  type        = string

  validation {
    condition     = length(setsubtract([for reference in try(regexall(local.reference, var.ssm_parameter_name), []) : one(compact(reference))], local.group_names)) == 0
    error_message = "rules[\"${var.name}\"].ssm_parameter_name is ${jsonencode(var.ssm_parameter_name)}, which refers to the group ${join(", ", setsubtract([for reference in try(regexall(local.reference, var.ssm_parameter_name), []) : one(compact(reference))], local.group_names))}, ${local.way_out_of_unknown_group}"
  }

  validation {
    condition = var.ssm_parameter_name == null ? true : (
      can(regex("^(?:[a-zA-Z0-9_.-]+|(?:/[a-zA-Z0-9_.-]+){1,15})$", replace(var.ssm_parameter_name, "/${local.reference}/", "x"))) &&
      !can(regex("(?i)^/?(?:aws|ssm)", var.ssm_parameter_name)) &&
      length(var.ssm_parameter_name) <= local.parameter_name_length_max
    )
    error_message = "rules[\"${var.name}\"].ssm_parameter_name is ${jsonencode(var.ssm_parameter_name)}, which Systems Manager does not accept as a parameter name. Use up to 15 levels, each after a \"/\", from a-z, A-Z, 0-9, \"_\", \"-\" and \".\", with references such as $1; not starting with \"aws\" or \"ssm\"; at most ${local.parameter_name_length_max} characters. To set no parameter, leave it out."
  }
}

variable "ssm_parameter_adopt" {
  description = "See var.rules of the parent module."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.ssm_parameter_adopt || var.ssm_parameter_name != null
    error_message = "rules[\"${var.name}\"].ssm_parameter_adopt is true, but ssm_parameter_name is null, so there is no parameter to adopt. Set ssm_parameter_name, or leave ssm_parameter_adopt out."
  }
}

variable "ssm_parameter_value" {
  description = "See var.rules of the parent module."
  type        = string
  default     = "arn"
  nullable    = false

  validation {
    condition     = contains(["arn", "name"], var.ssm_parameter_value)
    error_message = "rules[\"${var.name}\"].ssm_parameter_value is \"${var.ssm_parameter_value}\". Use arn or name."
  }

  validation {
    condition     = var.ssm_parameter_value == "arn" || var.ssm_parameter_name != null
    error_message = "rules[\"${var.name}\"].ssm_parameter_value is \"${var.ssm_parameter_value}\", but ssm_parameter_name is null, so there is no parameter to set. Set ssm_parameter_name, or leave ssm_parameter_value out."
  }
}

variable "restore" {
  description = "See var.rules of the parent module."
  type = object({
    billing_mode            = optional(string)
    max_read_request_units  = optional(number)
    max_write_request_units = optional(number)
    read_capacity_units     = optional(number)
    write_capacity_units    = optional(number)
    encryption              = optional(string)
    excluded_indexes        = optional(set(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.restore.billing_mode == null ? true : contains(["PAY_PER_REQUEST", "PROVISIONED"], var.restore.billing_mode)
    error_message = "rules[\"${var.name}\"].restore.billing_mode is ${jsonencode(var.restore.billing_mode)}. Use PAY_PER_REQUEST or PROVISIONED, or leave it out to keep that of the backup."
  }

  validation {
    condition     = (var.restore.max_read_request_units == null && var.restore.max_write_request_units == null) || coalesce(var.restore.billing_mode, "-") == "PAY_PER_REQUEST"
    error_message = "rules[\"${var.name}\"].restore has max_read_request_units ${jsonencode(var.restore.max_read_request_units)} and max_write_request_units ${jsonencode(var.restore.max_write_request_units)}, but the billing mode is ${jsonencode(var.restore.billing_mode)}. Set billing_mode to PAY_PER_REQUEST."
  }

  validation {
    condition     = alltrue([for units in [var.restore.read_capacity_units, var.restore.write_capacity_units] : (units != null) == (coalesce(var.restore.billing_mode, "-") == "PROVISIONED")])
    error_message = "rules[\"${var.name}\"].restore has read_capacity_units ${jsonencode(var.restore.read_capacity_units)}, write_capacity_units ${jsonencode(var.restore.write_capacity_units)} and the billing mode ${jsonencode(var.restore.billing_mode)}. A table with PROVISIONED needs read_capacity_units and write_capacity_units. No other can have them."
  }

  validation {
    condition     = alltrue([for name in local.units : var.restore[name] == null ? true : var.restore[name] >= 1 && floor(var.restore[name]) == var.restore[name]])
    error_message = "rules[\"${var.name}\"].restore is ${jsonencode({ for name, value in var.restore : name => value if value != null && endswith(name, "_units") })}. Use whole numbers of units, 1 or more."
  }

  validation {
    condition = var.restore.encryption == null ? true : (
      contains(["AWS_OWNED", "AWS_MANAGED"], var.restore.encryption) ||
      can(regex("^arn:[^:]+:kms:${var.region}:[0-9]{12}:key/[A-Za-z0-9-]+$", var.restore.encryption))
    )
    error_message = "rules[\"${var.name}\"].restore.encryption is ${jsonencode(var.restore.encryption)}. Use AWS_OWNED, AWS_MANAGED, or the ARN of a KMS key in ${var.region}, such as arn:aws:kms:${var.region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab. An alias does not work."
  }

  validation {
    condition     = alltrue([for index in var.restore.excluded_indexes : can(regex("^[a-zA-Z0-9_.-]{3,255}$", index))])
    error_message = "rules[\"${var.name}\"].restore.excluded_indexes is ${jsonencode(var.restore.excluded_indexes)}. The name of an index has 3 to 255 characters from a-z, A-Z, 0-9, \"_\", \"-\" and \".\"."
  }
}

variable "carry_over" {
  description = "See var.rules of the parent module."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.carry_over, local.settings)) == 0
    error_message = "rules[\"${var.name}\"].carry_over has ${join(", ", setsubtract(var.carry_over, local.settings))}. Use ${join(", ", local.settings)}."
  }

  validation {
    condition     = !(contains(var.carry_over, "auto_scaling") && coalesce(var.restore.billing_mode, "-") == "PAY_PER_REQUEST")
    error_message = "rules[\"${var.name}\"].carry_over has auto_scaling, but restore.billing_mode is PAY_PER_REQUEST: such a table has no capacity to scale. Remove one of them."
  }

  validation {
    condition     = !(contains(var.carry_over, "deletion_protection") && var.keep != null)
    error_message = "rules[\"${var.name}\"].carry_over has deletion_protection, and keep is ${jsonencode(var.keep)}: a protected copy is never deleted, so no copy would be. Remove one of them."
  }
}

variable "tags" {
  description = "See var.rules of the parent module."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^[\\pL\\pZ\\pN_.:/=+@-]{1,128}$", key)) && can(regex("^[\\pL\\pZ\\pN_.:/=+@-]{0,256}$", value)) && !startswith(lower(key), "aws:") && !startswith(key, local.ownership_prefix)])
    error_message = "rules[\"${var.name}\"].tags is ${jsonencode(var.tags)}. A key has 1 to 128 characters and a value at most 256, from letters, digits, spaces and _.:/=+-@, and no key starts with \"aws:\" or \"${local.ownership_prefix}\"."
  }

  validation {
    condition     = length(var.tags) <= local.tags_max
    error_message = "rules[\"${var.name}\"].tags has ${length(var.tags)} tags. A table has room for ${local.tags_max} besides the module's own."
  }
}

variable "before_switch" {
  description = "See var.rules of the parent module. Null where there is no hook."
  type        = string
  default     = null

  validation {
    condition     = var.before_switch == null ? true : can(regex("^arn:[^:]+:(?:lambda:${var.region}:[0-9]{12}:function:[A-Za-z0-9_-]+(?::[A-Za-z0-9$_-]+)?|states:${var.region}:${var.account_id}:stateMachine:[^:]+(?::[^:]+)?)$", var.before_switch))
    error_message = "rules[\"${var.name}\"].before_switch is ${jsonencode(var.before_switch)}, which is not the ARN of a Lambda function in ${var.region}, or of a state machine there and in the module's account, such as arn:aws:lambda:${var.region}:123456789012:function:mask. Use the arn attribute of your aws_lambda_function or aws_sfn_state_machine."
  }
}

variable "keep" {
  description = "See var.rules of the parent module. Null where nothing is deleted."
  type        = number
  default     = null

  # An attempt of delete_old_tables has a minute, in which it reads the tags of every copy that stays. DynamoDB answers ten
  # such requests a second, for the whole account. Systems Manager keeps as many versions of a parameter.
  validation {
    condition     = var.keep == null ? true : var.keep >= 1 && var.keep <= 100 && floor(var.keep) == var.keep
    error_message = "rules[\"${var.name}\"].keep is ${jsonencode(var.keep)}. Use a whole number from 1 to 100, because each rotation reads the tags of all these copies, and DynamoDB limits how fast, or leave it out to delete nothing."
  }
}

variable "max_age_hours" {
  description = "See var.rules of the parent module. Null where no alarm watches the rule."
  type        = number
  default     = null

  # PutMetricAlarm allows periods of an hour for seven days in all.
  validation {
    condition     = var.max_age_hours == null ? true : var.max_age_hours >= 1 && var.max_age_hours <= 168 && floor(var.max_age_hours) == var.max_age_hours
    error_message = "rules[\"${var.name}\"].max_age_hours is ${jsonencode(var.max_age_hours)}. Use a whole number from 1 to 168, because a CloudWatch alarm looks back seven days at most. For no alarm, leave it out."
  }
}

variable "region" {
  description = "Region of the parent module."
  type        = string
  nullable    = false
}

variable "account_id" {
  description = "Account of the parent module."
  type        = string
  nullable    = false
}

variable "parameters_arn" {
  description = "ARN of the account's SSM parameters, without a name and without the slash before it."
  type        = string
  nullable    = false
}
