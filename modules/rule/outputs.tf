output "parameter_arn" {
  description = "ARN of the rule's parameter for use in a policy, with * for each reference. Null where no parameter is set."
  value       = var.ssm_parameter_name == null ? null : "${var.parameters_arn}/${trimprefix(replace(var.ssm_parameter_name, "/${local.reference}/", "*"), "/")}"
}
