data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  partition  = data.aws_partition.this.partition
  account_id = data.aws_caller_identity.this.account_id
  # Version 6 of the provider deprecates `id`, and version 5 has no `region`.
  region = lookup(data.aws_region.this, "region", lookup(data.aws_region.this, "id", null))

  known_methods = ["hash", "email", "digits", "redact", "remove", "keep"]

  # Names of entries, with "\" before what would otherwise separate them. "[*]" stands for every element of a list.
  path_name    = "(?:[^.\\[\\\\]|\\\\[.\\[\\\\])+"
  path_pattern = "^${local.path_name}(?:\\[\\*\\]|\\.${local.path_name})*$"

  key_arn_pattern = "^arn:[^:]+:kms:${local.region}:[0-9]{12}:key/[A-Za-z0-9-]+$"

  hmac_key_arn = var.hmac_key_arn == null ? one(aws_kms_key.this[*].arn) : var.hmac_key_arn
}

# Masks are made with it, so another key makes other masks.
resource "aws_kms_key" "this" {
  #checkov:skip=CKV2_AWS_64:The policy that AWS gives a key by default leaves it to IAM who may use it.

  count = var.hmac_key_arn == null ? 1 : 0

  description              = "The masks of ${var.name}"
  key_usage                = "GENERATE_VERIFY_MAC"
  customer_master_key_spec = "HMAC_256"
  tags                     = var.tags
}
