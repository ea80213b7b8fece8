variable "production_role_arn" {
  description = "ARN of the role in production's account that Terraform assumes, such as arn:aws:iam::111122223333:role/OrganizationAccountAccessRole."
  type        = string
  nullable    = false
}
