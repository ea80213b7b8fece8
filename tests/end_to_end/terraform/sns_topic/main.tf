# The example as it is.

module "sns_topic" {
  source = "../../../../examples/sns-topic"
}

output "sns_topic" {
  description = "The outputs of the example."
  value       = module.sns_topic
}
