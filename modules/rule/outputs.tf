output "parameter_arn" {
  description = "ARN of the rule's parameter as a policy matches it, with * for each reference; null where no parameter is set."
  value       = var.ssm_parameter_name == null ? null : "${var.parameters_arn}/${trimprefix(replace(var.ssm_parameter_name, "/${local.reference}/", "*"), "/")}"
}
