# The dashboard as it is sent to CloudWatch.

mock_provider "aws" {
  source = "./tests/module/mocks"
}

# Rules are validated in files of their own. Hundreds of them would take longer than the dashboard.
override_module {
  target  = module.rule
  outputs = { parameter_arn = null }
}

variables {
  name              = "rotator"
  backup_vault_arns = ["arn:aws:backup:us-east-1:123456789012:backup-vault:orders"]
  dashboard         = true
  rules = {
    proof   = { source_pattern = "-production$", replacement_pattern = "-proof" }
    staging = { source_pattern = "-production$", replacement_pattern = "-staging", verify = false }
  }
}

run "none_unless_asked_for" {
  command = plan

  variables {
    dashboard = false
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.this) == 0 && output.dashboard == null
    error_message = "There is a dashboard."
  }
}

run "each_graph_has_the_rules_that_it_can_have" {
  command = plan

  assert {
    condition = {
      for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets :
      widget.properties.title => [for metric in widget.properties.metrics : metric[length(metric) - 1].label if try(metric[length(metric) - 1].visible, true)]
      if widget.type == "metric"
      } == {
      "Hours since a rotation last succeeded"         = ["proof: $${LAST}", "staging: $${LAST}"]
      "Restore time"                                  = ["proof"]
      "Size of the backups"                           = ["proof"]
      "Verified"                                      = ["proof"]
      "Cost of restoring, at the prices of us-east-1" = ["proof"]
      "Cost of keeping, at the prices of us-east-1"   = ["proof"]
      "Rotations that did not succeed, of all rules"  = ["stopped", "failed", "timed out"]
    }
    error_message = aws_cloudwatch_dashboard.this[0].dashboard_body
  }

  # Each expression refers to a metric of the same graph, of its own rule.
  assert {
    condition = jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets[2].properties.metrics == jsondecode(jsonencode([
      [{ expression = "IF(FILL(IF(s0, EPOCH(s0)), REPEAT), (EPOCH(s0) - FILL(IF(s0, EPOCH(s0)), REPEAT)) / 3600)", label = "proof: $${LAST}", id = "age0" }],
      [{ expression = "IF(FILL(IF(s1, EPOCH(s1)), REPEAT), (EPOCH(s1) - FILL(IF(s1, EPOCH(s1)), REPEAT)) / 3600)", label = "staging: $${LAST}", id = "age1" }],
      ["BackupDynamoDBRotator", "Succeeded", "service", "rotator", "rule", "proof", { id = "s0", stat = "Sum", period = 3600, visible = false }],
      ["BackupDynamoDBRotator", "Succeeded", "service", "rotator", "rule", "staging", { id = "s1", stat = "Sum", period = 3600, visible = false }],
    ]))
    error_message = aws_cloudwatch_dashboard.this[0].dashboard_body
  }

  assert {
    condition = [
      for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : widget.properties.metrics[0][0].expression
      if startswith(try(widget.properties.title, ""), "Cost of ")
    ] == ["b0 / 2^30 * 0.15", "b0 / 2^30 * 0.25"]
    error_message = aws_cloudwatch_dashboard.this[0].dashboard_body
  }
}

run "without_verification_there_are_no_empty_graphs" {
  command = plan

  variables {
    rules = {
      staging = { source_pattern = "-production$", replacement_pattern = "-staging", verify = false }
    }
  }

  assert {
    condition = [for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : widget.properties.title if widget.type == "metric"] == [
      "Hours since a rotation last succeeded", "Rotations that did not succeed, of all rules",
    ]
    error_message = aws_cloudwatch_dashboard.this[0].dashboard_body
  }
}

# 500 metrics and expressions in a graph, and 2,500 on a dashboard:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
run "as_many_rules_as_cloudwatch_allows" {
  command = plan

  variables {
    rules = { for number in range(250) : format("%03d", number) => { source_pattern = "^a${number}$", replacement_pattern = "b${number}" } }
  }

  assert {
    condition = max([
      for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : length(try(widget.properties.metrics, []))
    ]...) == 500
    error_message = "No graph has 500 metrics and expressions."
  }

  assert {
    condition = sum([
      for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : length(try(widget.properties.metrics, []))
    ]) <= 2500
    error_message = "There are more than 2,500 metrics and expressions."
  }
}

run "more_rules_than_cloudwatch_allows" {
  command = plan

  variables {
    rules = { for number in range(251) : format("%03d", number) => { source_pattern = "^a${number}$", replacement_pattern = "b${number}" } }
  }

  expect_failures = [var.dashboard]
}
