# What the provider would ask AWS, so that plans need no account.

mock_data "aws_partition" {
  defaults = {
    partition = "aws"
  }
}

mock_data "aws_region" {
  defaults = {
    id     = "us-east-1" # version 5 of the provider
    region = "us-east-1" # version 6
  }
}

mock_data "aws_caller_identity" {
  defaults = {
    account_id = "123456789012"
  }
}

mock_data "aws_iam_policy_document" {
  defaults = {
    json = "{}"
  }
}
