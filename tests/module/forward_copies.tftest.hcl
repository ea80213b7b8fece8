# modules/forward-copies, as the real provider renders it, without an account.
# As in variables.tftest.hcl, a run has bad values of several variables.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "testing"
  secret_key                  = "testing"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_resource {
  target          = aws_cloudwatch_event_rule.this
  override_during = plan
  values          = { arn = "arn:aws:events:eu-central-1:123456789012:rule/backup-dynamodb-rotator-forward-copies" }
}

variables {
  event_bus_arn          = "arn:aws:events:eu-central-1:210987654321:event-bus/rotator"
  destination_vault_arns = ["arn:aws:backup:eu-central-1:210987654321:backup-vault:copies"]
}

run "completed_copies_go_to_the_bus" {
  command = plan
  module {
    source = "./modules/forward-copies"
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.this.event_pattern) == jsondecode(jsonencode({
      source        = ["aws.backup"]
      "detail-type" = ["Copy Job State Change"]
      detail = {
        state                     = ["COMPLETED"]
        resourceType              = ["DynamoDB"]
        destinationBackupVaultArn = ["arn:aws:backup:eu-central-1:210987654321:backup-vault:copies"]
      }
    }))
    error_message = aws_cloudwatch_event_rule.this.event_pattern
  }

  assert {
    condition     = aws_cloudwatch_event_target.this.arn == var.event_bus_arn
    error_message = "The events go to ${aws_cloudwatch_event_target.this.arn}."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement == jsondecode(jsonencode([{
      Sid      = "ForwardCopies"
      Effect   = "Allow"
      Action   = "events:PutEvents"
      Resource = "arn:aws:events:eu-central-1:210987654321:event-bus/rotator"
    }]))
    error_message = aws_iam_role_policy.this.policy
  }

  assert {
    condition = [for condition in data.aws_iam_policy_document.assume_by_eventbridge.statement[0].condition : "${condition.variable} ${one(condition.values)}"] == [
      "aws:SourceArn arn:aws:events:eu-central-1:123456789012:rule/backup-dynamodb-rotator-forward-copies"
    ]
    error_message = "Something other than the rule may use the role."
  }
}

run "name_boundary_path_and_tags" {
  command = plan
  module {
    source = "./modules/forward-copies"
  }

  variables {
    name                 = "forwarder"
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    role_path            = "/service/"
    tags                 = { team = "data" }
  }

  assert {
    condition     = [for resource in [aws_cloudwatch_event_rule.this, aws_iam_role.this] : "${resource.name} ${resource.tags["team"]}"] == ["forwarder data", "forwarder data"]
    error_message = "Rule or role have other names or tags."
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == var.permissions_boundary && aws_iam_role.this.path == var.role_path
    error_message = "The role lacks the boundary or the path."
  }
}

run "names_instead_of_arns" {
  command = plan
  module {
    source = "./modules/forward-copies"
  }
  variables {
    destination_vault_arns = ["copies"]
    event_bus_arn          = "rotator"
    permissions_boundary   = "boundary"
  }
  expect_failures = [var.destination_vault_arns, var.event_bus_arn, var.permissions_boundary]
}

run "no_vault_and_what_a_role_cannot_have" {
  command = plan
  module {
    source = "./modules/forward-copies"
  }
  variables {
    destination_vault_arns = []
    name                   = "forward copies"
    role_path              = "/service"
  }
  expect_failures = [var.destination_vault_arns, var.name, var.role_path]
}

run "more_vaults_than_an_event_pattern_can_name" {
  command = plan
  module {
    source = "./modules/forward-copies"
  }
  variables {
    destination_vault_arns = [for number in range(30) : "arn:aws:backup:eu-central-1:210987654321:backup-vault:copies-of-the-team-${number}"]
  }
  expect_failures = [aws_cloudwatch_event_rule.this]
}
