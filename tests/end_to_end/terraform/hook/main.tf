# The example as it is.

module "hook" {
  source = "../../../../examples/hook"
}

output "hook" {
  description = "The outputs of the example."
  value       = module.hook
}
