# Every end of an execution is reported, including those that the state machine could not report itself: it was stopped
# by hand, timed out, or hit a limit of Step Functions.

locals {
  rotation_ended_rule_name = "${var.name}-rotation-ended"
}

resource "aws_cloudwatch_event_rule" "rotation_ended" {
  name        = local.rotation_ended_rule_name
  description = "Rotations of ${var.name} that ended, successfully or not"
  event_pattern = jsonencode({
    source        = ["aws.states"]
    "detail-type" = ["Step Functions Execution Status Change"]
    detail = {
      stateMachineArn = [local.state_machine_arn]
      status          = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
    }
  })
  tags = var.tags
}

resource "aws_cloudwatch_event_target" "report_result" {
  rule = aws_cloudwatch_event_rule.rotation_ended.name
  arn  = aws_lambda_function.this["report_result"].arn

  dead_letter_config {
    arn = aws_sqs_queue.this["failed_reports"].arn
  }

  # The first event must find a function that the rule may invoke.
  depends_on = [aws_lambda_permission.report_result, aws_lambda_function_event_invoke_config.report_result]
}

resource "aws_lambda_permission" "report_result" {
  statement_id  = "AllowEndedRotations"
  function_name = aws_lambda_function.this["report_result"].function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.rotation_ended.arn
}

resource "aws_lambda_function_event_invoke_config" "report_result" {
  function_name          = aws_lambda_function.this["report_result"].function_name
  maximum_retry_attempts = 2

  destination_config {
    on_failure {
      destination = aws_sqs_queue.this["failed_reports"].arn
    }
  }
}

# Where EventBridge puts what it could not deliver.
data "aws_iam_policy_document" "failed_reports" {
  statement {
    sid       = "KeepUndeliveredEvents"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arns["failed_reports"]]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      # Not a reference, so that the first plan shows the policy.
      values = ["arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${local.rotation_ended_rule_name}"]
    }
  }
}
