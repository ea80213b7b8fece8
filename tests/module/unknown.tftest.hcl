# What is not known when planning, such as the ARN of a key or of a hook in the same configuration, can be planned with.

mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "a_key_a_hook_and_an_encrypted_topic_that_are_yet_to_be_made" {
  command = plan
  module {
    source = "./tests/module/unknown"
  }
  assert {
    condition     = length(output.functions) == 9
    error_message = "There are ${length(output.functions)} functions."
  }
}
