# The example as it is.

module "masking" {
  source = "../../../../examples/masking"
}

output "masking" {
  description = "The outputs of the example."
  value       = module.masking
}
