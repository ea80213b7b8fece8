# The masking of tests/support/shop.py with every option that adds to a role.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

resource "aws_kms_key" "tables" {
  description             = "Encrypts tables"
  deletion_window_in_days = 7
}

module "masking" {
  source = "../../../../modules/masking"

  name               = "rotator-test-masking"
  attributes         = jsondecode(file("${path.module}/attributes.json"))
  table_kms_key_arns = [aws_kms_key.tables.arn]
}

output "masking" {
  description = "The outputs of the module."
  value       = module.masking
}

output "table_key_arn" {
  description = "ARN of the key that the functions may decrypt tables with."
  value       = aws_kms_key.tables.arn
}
