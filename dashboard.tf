# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html

locals {
  # CloudWatch allows 500 metrics and expressions in a graph, and 2,500 on a dashboard. A rule has two in a graph, and nine
  # in all.
  dashboard_rules_max = 250

  hour = 60 * 60
  day  = 24 * local.hour

  # USD for each GB of 2^30 bytes, in us-east-1: for restoring, and for a month of storage in the table class STANDARD.
  # CloudWatch knows neither prices nor how large a table is. docs/cost.md has the date of these prices.
  restore_price = 0.15
  storage_price = 0.25

  # Only verify_table puts metrics about restore, size and verification.
  rules_verified = [for name, rule in var.rules : name if rule.verify]

  # As lambdas/src/rotator/metrics.py puts them.
  rule_metrics = {
    for metric in ["BackupSizeBytes", "RestoreSeconds", "Succeeded", "Verified"] : metric => {
      for name in keys(var.rules) : name => ["BackupDynamoDBRotator", metric, "service", var.name, "rule", name]
    }
  }

  graphs = [
    {
      title = "Hours since a rotation last succeeded"
      unit  = "hours"
      # EPOCH has a value for each period. Arithmetic takes what is missing for 0, so without the outer IF, all the time before
      # the first success would count.
      metrics = concat(
        [for index, name in keys(var.rules) : [{ expression = "IF(FILL(IF(s${index}, EPOCH(s${index})), REPEAT), (EPOCH(s${index}) - FILL(IF(s${index}, EPOCH(s${index})), REPEAT)) / ${local.hour})", label = "${name}: $${LAST}", id = "age${index}" }]],
        [for index, name in keys(var.rules) : concat(local.rule_metrics["Succeeded"][name], [{ id = "s${index}", stat = "Sum", period = local.hour, visible = false }])],
      )
    },
    {
      title   = "Restore time"
      unit    = "seconds, the longest of a day"
      metrics = [for name in local.rules_verified : concat(local.rule_metrics["RestoreSeconds"][name], [{ label = name, stat = "Maximum" }])]
    },
    {
      title   = "Size of the backups"
      unit    = "bytes, the largest of a day"
      metrics = [for name in local.rules_verified : concat(local.rule_metrics["BackupSizeBytes"][name], [{ label = name, stat = "Maximum" }])]
    },
    {
      title   = "Verified"
      unit    = "share of the copies of a day: 1 is all"
      metrics = [for name in local.rules_verified : concat(local.rule_metrics["Verified"][name], [{ label = name, stat = "Average" }])]
    },
    {
      title   = "Cost of restoring, at the prices of us-east-1"
      unit    = "USD for the copies of a day"
      metrics = local.cost_metrics["restore"]
    },
    {
      title   = "Cost of keeping, at the prices of us-east-1"
      unit    = "USD a month for the copies of a day"
      metrics = local.cost_metrics["storage"]
    },
    {
      title = "Rotations that did not succeed, of all rules"
      unit  = "rotations a day"
      metrics = [
        for metric, label in { ExecutionsFailed = "failed", ExecutionsTimedOut = "timed out", ExecutionsAborted = "stopped" } :
        ["AWS/States", metric, "StateMachineArn", local.state_machine_arn, { label = label, stat = "Sum" }]
      ]
    },
  ]

  cost_metrics = {
    for cost, price in { restore = local.restore_price, storage = local.storage_price } : cost => concat(
      [for index, name in local.rules_verified : [{ expression = "b${index} / 2^30 * ${price}", label = name, id = "${cost}${index}" }]],
      [for index, name in local.rules_verified : concat(local.rule_metrics["BackupSizeBytes"][name], [{ id = "b${index}", stat = "Sum", visible = false }])],
    )
  }

  dashboard = {
    start          = "-P28D"
    periodOverride = "inherit"
    widgets = concat(
      [
        {
          type   = "text"
          width  = 24
          height = 3
          properties = {
            markdown = "Rotations of **${var.name}** in the last four weeks, by rule. A rule without a rotation in this time has no line. Rules with `verify = false` have only the first graph. Sizes are those that AWS reports of backups. A copy costs storage each month until it is deleted: with a rotation a day and `keep = 7`, seven times what the graph shows."
          }
        },
        {
          type   = "log"
          width  = 24
          height = 6
          properties = {
            title  = "Rotations that did not succeed"
            region = local.region
            view   = "table"
            query  = "SOURCE '${local.function_log_groups["report_result"]}' | fields @timestamp, rule, status, step, error, rotation | filter message = 'Rotation ended' and status != 'SUCCEEDED' | sort @timestamp desc | limit 100"
          }
        },
      ],
      [
        for graph in local.graphs : {
          type   = "metric"
          width  = 12
          height = 6
          properties = {
            title   = graph.title
            region  = local.region
            view    = "timeSeries"
            period  = local.day
            yAxis   = { left = { label = graph.unit, min = 0, showUnits = false } }
            metrics = graph.metrics
          }
        } if length(graph.metrics) > 0
      ],
    )
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = var.name
  dashboard_body = jsonencode(local.dashboard)
}
