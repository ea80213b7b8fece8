# Values that are unknown at plan, such as the ARN of a key or a hook in the same configuration, do not stop a plan.

mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "a_key_a_vault_a_hook_a_parameter_name_and_an_encrypted_topic_that_do_not_exist_yet" {
  command = plan
  module {
    source = "./tests/module/unknown"
  }
  assert {
    condition     = length(output.functions) == 9
    error_message = "There are ${length(output.functions)} functions."
  }
}
