# A second instance of the module on the topic of `rotator`, whose rules lead to the same tables and parameters.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

data "aws_sns_topic" "this" {
  name = "rotator-test"
}

data "aws_backup_vault" "this" {
  name = "rotator-test"
}

module "rotator" {
  source = "../../../.."

  name                 = "rotator-test-rival"
  backup_sns_topic_arn = data.aws_sns_topic.this.arn
  backup_kms_key_arns  = [data.aws_backup_vault.this.kms_key_arn]

  rules = {
    contested = {
      source_pattern      = "^rotator-test-contested-([a-z0-9-]+)$"
      replacement_pattern = "rotator-test-won-$1"
      ssm_parameter_name  = "/rotator-test/contested/$1"
    }
    # It would rotate the copies of `rotator`, which rotates the copies of this one.
    appending = {
      source_pattern      = "-nights"
      replacement_pattern = "$0-again"
    }
  }
}

output "rotator" {
  value = module.rotator
}
