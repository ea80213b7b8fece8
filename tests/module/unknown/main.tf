# The module as someone uses it who makes the hook and the key in the same configuration.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

# Their outputs are known after they are made.
resource "terraform_data" "hook" {
  input = "arn:aws:lambda:us-east-1:123456789012:function:mask"
}

resource "terraform_data" "key" {
  input = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
}

module "rotator" {
  source = "../../.."

  backup_sns_topic_arn = "arn:aws:sns:us-east-1:123456789012:backups"

  rules = {
    staging = {
      source_pattern      = "-production$"
      replacement_pattern = "-staging"
      restore             = { encryption = terraform_data.key.output }
      before_switch       = terraform_data.hook.output
    }
  }
}

output "functions" {
  description = "The functions of the module."
  value       = module.rotator.functions
}
