# The example as it is. A fixture of its test creates the role.

module "cross_account" {
  source = "../../../../examples/cross-account"

  production_role_arn = "arn:aws:iam::111122223333:role/OrganizationAccountAccessRole"
}

output "cross_account" {
  description = "The outputs of the example."
  value       = module.cross_account
}
