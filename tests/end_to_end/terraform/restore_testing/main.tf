# The example as it is.

module "restore_testing" {
  source = "../../../../examples/restore-testing"
}

output "restore_testing" {
  description = "The outputs of the example."
  value       = module.restore_testing
}
