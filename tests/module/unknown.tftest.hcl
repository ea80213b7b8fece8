# Values that are unknown at plan, such as the ARN of a vault or a hook in the same configuration, do not stop a plan.

mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "what_the_configuration_of_the_module_creates_itself" {
  command = plan
  module {
    source = "./tests/module/unknown"
  }
  assert {
    condition     = jsonencode([for rotator in output.rotators : length(rotator.functions)]) == "[9,9,9]"
    error_message = "There are ${jsonencode([for rotator in output.rotators : length(rotator.functions)])} functions."
  }
  assert {
    condition     = jsonencode([for rotator in output.rotators : keys(rotator.recovery_point_rules)]) == jsonencode([["backup-completed", "copy-completed", "copy-forwarded"], [], []])
    error_message = "EventBridge has rules for ${jsonencode([for rotator in output.rotators : keys(rotator.recovery_point_rules)])}."
  }
  assert {
    condition     = length(output.masking.functions) == 6
    error_message = "There are ${length(output.masking.functions)} functions that mask."
  }
}
