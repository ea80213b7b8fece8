# The module in a configuration that also creates the hook, the key, the vault, an encrypted topic and what names the
# parameter.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

# Their outputs are known only after apply.
resource "terraform_data" "hook" {
  input = "arn:aws:lambda:us-east-1:123456789012:function:mask"
}

resource "terraform_data" "key" {
  input = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
}

resource "terraform_data" "vault" {
  input = "arn:aws:backup:us-east-1:123456789012:backup-vault:production"
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

  backup_sns_topic_arn   = "arn:aws:sns:us-east-1:123456789012:backups"
  notification_topic_arn = terraform_data.topic.output
  backup_vault_arns      = [terraform_data.vault.output]
  backup_kms_key_arns    = [terraform_data.key.output]

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

output "functions" {
  description = "The functions of the module."
  value       = module.rotator.functions
}
