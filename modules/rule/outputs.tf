output "parameter_arn" {
  description = "ARN of the rule's parameter for use in a policy, with * for each reference and for the account. Null where no parameter is set."
  # A role's policy alone gives no access to the parameters of another account, and one with many parameters has to be
  # short.
  value = var.ssm_parameter_name == null ? null : "${replace(var.parameters_arn, var.account_id, "*")}/${trimprefix(replace(var.ssm_parameter_name, "/${local.reference}/", "*"), "/")}"
}
