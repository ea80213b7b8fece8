# What the roles share: the tables, keys and parameters that several of them may use, and what every function may do.

locals {
  tables_arn = "arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table"
  # No rule yields a table name of any other form, so the functions cannot touch other tables.
  target_tables_arn = "${local.tables_arn}/*-????????-??-??-??"
  # A rule finds its source tables by a regular expression, which a policy cannot express.
  source_tables_arn = "${local.tables_arn}/*"
  backups_arn       = "${local.tables_arn}/*/backup/*"
  # A recovery point belongs to the account of its vault: the module's, or one that shares the vault.
  recovery_point_arns = [for account in distinct(concat([local.account_id], [for arn in var.backup_vault_arns : split(":", arn)[4]])) : "arn:${local.partition}:backup:${local.region}:${account}:recovery-point:*"]

  customer_keys  = { for name, rule in var.rules : name => rule.restore.encryption if try(startswith(rule.restore.encryption, "arn:"), false) }
  parameter_arns = [for rule in module.rule : rule.parameter_arn if rule.parameter_arn != null]
  carry_over     = toset(flatten([for rule in var.rules : rule.carry_over]))

  # Those of copies say whose they are. Those of source tables are only read where a rule carries tags over.
  tables_with_tags_to_read_arn = contains(local.carry_over, "tags") ? local.source_tables_arn : local.target_tables_arn

  # The ids of scalable targets are not those of tables, hence the condition wherever this is granted.
  scalable_targets_arn = "arn:${local.partition}:application-autoscaling:${local.region}:${local.account_id}:scalable-target/*"
  # AWS does not document the names of the alarms that Application Auto Scaling keeps with its caller's permissions.
  scaling_alarms_arn = "arn:${local.partition}:cloudwatch:${local.region}:${local.account_id}:alarm:*"

  # What KMS calls them, the same in every partition, although host names in China end in amazonaws.com.cn.
  dynamodb_service = "dynamodb.${local.region}.amazonaws.com"
  backup_service   = "backup.${local.region}.amazonaws.com"

  function_policies = {
    start_workflow       = data.aws_iam_policy_document.start_workflow.json
    restore_backup       = data.aws_iam_policy_document.restore_backup.json
    check_restore_status = data.aws_iam_policy_document.check_restore_status.json
    configure_table      = data.aws_iam_policy_document.configure_table.json
    carry_over_settings  = data.aws_iam_policy_document.carry_over_settings.json
    verify_table         = data.aws_iam_policy_document.verify_table.json
    update_ssm_parameter = data.aws_iam_policy_document.update_ssm_parameter.json
    delete_old_tables    = data.aws_iam_policy_document.delete_old_tables.json
    report_result        = data.aws_iam_policy_document.report_result.json
  }

  # IAM limits the policies in a role to this many characters, without white space.
  policy_size_max = 10240
  policy_sizes = {
    for name, policy in merge(local.function_policies, {
      restore       = data.aws_iam_policy_document.restore.json
      state_machine = data.aws_iam_policy_document.state_machine.json
    }) : name => length(replace(policy, "/\\s/", ""))
  }
  way_out_of_large_policy = "characters long, and IAM allows ${local.policy_size_max}. It lists the parameters, hooks and keys that rules and backup_kms_key_arns name. Shorten their names, let rules share them, as a rule with references does for several tables, or use the module twice, each time with some of the rules."
}

# What every function may do.
data "aws_iam_policy_document" "function" {
  for_each = local.function_log_groups

  source_policy_documents = concat([data.aws_iam_policy_document.tracing.json], module.network_permissions[*].json)

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${each.value}:*"]
  }
}

module "network_permissions" {
  source = "./modules/network-permissions"
  count  = length(var.vpc_config[*])

  partition    = local.partition
  region       = local.region
  function_arn = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${var.name}-*"
}

data "aws_iam_policy_document" "tracing" {
  dynamic "statement" {
    for_each = var.tracing ? ["*"] : []

    content {
      sid     = "WriteTraces"
      actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      # X-Ray has no resource-level permissions for these actions.
      resources = [statement.value]
    }
  }
}

data "aws_iam_policy_document" "assume_by_lambda" {
  statement {
    sid     = "AssumeByLambda"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "function" {
  for_each = local.function_names

  name                 = each.value
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = data.aws_iam_policy_document.assume_by_lambda.json
  tags                 = var.tags
}

resource "aws_iam_role_policy" "function" {
  for_each = local.function_policies

  name   = each.key
  role   = aws_iam_role.function[each.key].name
  policy = each.value

  lifecycle {
    precondition {
      condition     = local.policy_sizes[each.key] <= local.policy_size_max
      error_message = "The policy of the role ${local.function_names[each.key]} is ${local.policy_sizes[each.key]} ${local.way_out_of_large_policy}"
    }
  }
}

# DynamoDB encrypts a table, and DynamoDB and AWS Backup decrypt a backup, with the permissions of whoever restores it.
# Empty where no key is named.
data "aws_iam_policy_document" "keys_of_restores" {
  # DynamoDB does these two, like all others, with kms:ViaService. AWS Backup may not: the restore role has them apart.
  for_each = {
    restore_backup = ["kms:CreateGrant", "kms:DescribeKey"]
    restore        = []
  }

  dynamic "statement" {
    for_each = length(local.customer_keys) > 0 ? [distinct(values(local.customer_keys))] : []

    content {
      sid = "EncryptTargetTables"
      actions = concat(each.value, [
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
      ])
      resources = statement.value

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [local.dynamodb_service]
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.backup_kms_key_arns) > 0 ? [var.backup_kms_key_arns] : []

    content {
      sid       = "DecryptBackups"
      actions   = concat(each.value, ["kms:Decrypt"])
      resources = statement.value

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [local.dynamodb_service, local.backup_service]
      }
    }
  }
}

# DynamoDB decrypts a table with the permissions of whoever reads it or enables Contributor Insights. Empty as above.
data "aws_iam_policy_document" "decryption" {
  for_each = {
    carry_over_settings = distinct([for name, key in local.customer_keys : key if contains(var.rules[name].carry_over, "contributor_insights")])
    verify_table        = distinct([for name, key in local.customer_keys : key if var.rules[name].verify])
  }

  dynamic "statement" {
    for_each = length(each.value) > 0 ? [each.value] : []

    content {
      sid       = "DecryptTargetTables"
      actions   = ["kms:Decrypt"]
      resources = statement.value

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [local.dynamodb_service]
      }
    }
  }
}
