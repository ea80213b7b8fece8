# The module in a configuration that also creates the vaults, the topics, the hook, the key and what names the parameter.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

# Their outputs are known only after apply.
resource "terraform_data" "vault" {
  for_each = toset(["orders", "users"])

  input = "arn:aws:backup:us-east-1:123456789012:backup-vault:${each.key}"
}

resource "terraform_data" "backups_topic" {
  input = "arn:aws:sns:us-east-1:123456789012:backups"
}

resource "terraform_data" "account" {
  for_each = toset(["111122223333", "444455556666"])

  input = each.key
}

resource "terraform_data" "hook" {
  input = "arn:aws:lambda:us-east-1:123456789012:function:mask"
}

resource "terraform_data" "key" {
  input = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
}

resource "terraform_data" "code_signing_config" {
  input = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"
}

resource "terraform_data" "subnet" {
  for_each = toset(["subnet-1a", "subnet-2b"])

  input = each.key
}

resource "terraform_data" "security_group" {
  input = "sg-3c"
}

resource "terraform_data" "parameter" {
  input = "/staging/table-arn"
}

# The policy of the topic's key names the role that publishes.
resource "terraform_data" "key_of_topic" {
  input = module.rotator.function_roles["report_result"].arn
}

resource "terraform_data" "topic" {
  input            = "arn:aws:sns:us-east-1:123456789012:rotations"
  triggers_replace = terraform_data.key_of_topic.output
}

module "rotator" {
  source = "../../.."

  backup_vault_arns      = [for vault in terraform_data.vault : vault.output]
  backup_sns_topic_arn   = format("%s", terraform_data.backups_topic.output)
  forwarding_account_ids = [for account in terraform_data.account : account.output]
  notification_topic_arn = terraform_data.topic.output
  backup_kms_key_arns    = [terraform_data.key.output]

  code_signing_config_arn = terraform_data.code_signing_config.output
  vpc_config = {
    subnet_ids         = [for subnet in terraform_data.subnet : subnet.output]
    security_group_ids = [terraform_data.security_group.output]
  }

  rules = {
    staging = {
      source_pattern      = "-production$"
      replacement_pattern = "-staging"
      ssm_parameter_name  = terraform_data.parameter.output
      restore             = { encryption = terraform_data.key.output }
      before_switch       = terraform_data.hook.output
    }
  }
}

module "rotator_of_a_topic" {
  source = "../../.."

  backup_sns_topic_arn = terraform_data.backups_topic.output

  rules = {
    staging = { source_pattern = "-production$", replacement_pattern = "-staging" }
  }
}

# Its key, the keys of the copies and a method are known only after apply as well.
module "masking" {
  source = "../../../modules/masking"

  attributes         = { email = "email", phone = terraform_data.method.output }
  hmac_key_arn       = format("%s", terraform_data.key.output)
  table_kms_key_arns = [terraform_data.key.output]
  kms_key_arn        = terraform_data.key.output

  code_signing_config_arn = terraform_data.code_signing_config.output
  vpc_config = {
    subnet_ids         = [for subnet in terraform_data.subnet : subnet.output]
    security_group_ids = [terraform_data.security_group.output]
  }
}

resource "terraform_data" "method" {
  input = "digits"
}

module "rotator_with_masking" {
  source = "../../.."

  name                 = "masked"
  backup_sns_topic_arn = terraform_data.backups_topic.output

  rules = {
    staging = { source_pattern = "-production$", replacement_pattern = "-staging", before_switch = module.masking.state_machine_arn }
  }
}

output "masking" {
  description = "The outputs of the hook."
  value       = module.masking
}

output "rotators" {
  description = "The outputs of all."
  value       = [module.rotator, module.rotator_of_a_topic, module.rotator_with_masking]
}
