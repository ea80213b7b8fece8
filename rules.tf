# Each rule is validated by its own instance of modules/rule, and passed to start_workflow as compressed JSON.

module "rule" {
  source   = "./modules/rule"
  for_each = var.rules

  name                = each.key
  source_pattern      = each.value.source_pattern
  exclude_pattern     = each.value.exclude_pattern
  replacement_pattern = each.value.replacement_pattern
  ssm_parameter_name  = each.value.ssm_parameter_name
  ssm_parameter_adopt = each.value.ssm_parameter_adopt
  ssm_parameter_value = each.value.ssm_parameter_value
  restore             = each.value.restore
  carry_over          = each.value.carry_over
  tags                = each.value.tags
  before_switch       = each.value.before_switch
  keep                = each.value.keep
  max_age_hours       = each.value.max_age_hours
  region              = local.region
  account_id          = local.account_id
  parameters_arn      = "arn:${local.partition}:ssm:${local.region}:${local.account_id}:parameter"
}

locals {
  # Only what a rule sets and start_workflow reads, because a function's environment is small.
  rules_json = jsonencode({
    for name, rule in var.rules : name => {
      for attribute, value in merge(rule, { restore = { for option, value in rule.restore : option => value if !contains(local.unset, jsonencode(value)) }, max_age_hours = null }) :
      attribute => value if !contains(local.unset, jsonencode(value)) && jsonencode(value) != lookup(local.defaults, attribute, "")
    }
  })
  unset    = ["null", "[]", "{}"]
  defaults = { ssm_parameter_adopt = "false", ssm_parameter_value = "\"arn\"", verify = "true" }

  rules_compressed = base64gzip(local.rules_json)

  # The part of a function's 4 KB of environment that is left for the rules. Lambda measures the environment as JSON.
  rules_size_max = 4 * 1024 + 2 - length(jsonencode(merge(local.common_environment, local.environments.workflow, { RULES = "" })))
}
