# The example as it is.

module "complete" {
  source = "../../../../examples/complete"
}

output "complete" {
  description = "The outputs of the example."
  value       = module.complete
}
