variable "attributes" {
  description = <<-EOT
    What happens to which attribute: a method, keyed by path. `address.street` is an entry of a map, and `items[*].note` one in every element of a list. A `.`, `[` or `\` in a name is preceded by `\`, which is `\\` in HCL. What a path names is masked with all that is in it, so no path may be within another.

    - `hash`: a string becomes `masked-` and 16 hexadecimal digits.
    - `email`: every e-mail address in a string becomes `<12 digits>@example.invalid`. The rest of the string stays.
    - `digits`: every digit is replaced by one that depends on all digits, and may be the same. Format and length stay.
    - `redact`: a constant of the same type.
    - `remove`: the attribute or entry is removed.
    - `keep`: it stays as it is.

    Attributes of a table's key can be masked by `hash` and `email` only.
  EOT
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.attributes) > 0
    error_message = "attributes is {}, so nothing would be masked. Give a method for at least one attribute, such as { customer_email = \"email\" }. To see which attributes a table has, set any, and do a dry run."
  }

  validation {
    condition     = alltrue([for method in values(var.attributes) : method == null ? false : contains(local.known_methods, method)])
    error_message = "attributes has ${join(", ", [for path, method in var.attributes : "\"${path}\" = ${jsonencode(method)}" if method == null ? true : !contains(local.known_methods, method)])}. The methods are ${join(", ", local.known_methods)}."
  }

  validation {
    condition     = alltrue([for path in keys(var.attributes) : can(regex(local.path_pattern, path))])
    error_message = "attributes has ${join(", ", [for path in keys(var.attributes) : "\"${path}\"" if !can(regex(local.path_pattern, path))])}. A path is names joined by \".\", each of which may be followed by \"[*]\", such as address.street or items[*].note. Within a name, put a \"\\\" before each \".\", \"[\" and \"\\\", and write it as \"\\\\\" in HCL."
  }

  validation {
    condition     = length(flatten([for inner in keys(var.attributes) : [for outer in keys(var.attributes) : "${inner} is within ${outer}" if startswith(inner, "${outer}.") || startswith(inner, "${outer}[")]])) == 0
    error_message = "attributes has paths within others: ${join(", ", flatten([for inner in keys(var.attributes) : [for outer in keys(var.attributes) : "${inner} is within ${outer}" if startswith(inner, "${outer}.") || startswith(inner, "${outer}[")]]))}. Keep the outer path, or give each path in it a method of its own."
  }
}

variable "unlisted" {
  description = "What to do with attributes that `attributes` does not list: `keep` them, or `fail` with their paths before anybody is pointed at the table. To list an attribute that needs no mask, use the method `keep`."
  type        = string
  default     = "keep"
  nullable    = false

  validation {
    condition     = contains(["keep", "fail"], var.unlisted)
    error_message = "unlisted is \"${var.unlisted}\". Use keep or fail."
  }
}

variable "workers" {
  description = "How many functions mask a table at a time, each of them a segment of it."
  type        = number
  default     = 10
  nullable    = false

  # Step Functions runs at most 40 iterations of a map at a time.
  validation {
    condition     = var.workers >= 1 && var.workers <= 40 && floor(var.workers) == var.workers
    error_message = "workers is ${var.workers}. Use a whole number from 1 to 40."
  }

  # What the workers count, for each path, has to fit into the 256 KiB of an execution's state.
  validation {
    condition     = var.workers * length(var.attributes) <= 4000
    error_message = "workers is ${var.workers}, and attributes has ${length(var.attributes)} paths, which makes ${var.workers * length(var.attributes)} counters in the state of an execution, and there is room for 4000. Use at most ${floor(4000 / max(length(var.attributes), 1))} workers."
  }
}

variable "hmac_key_arn" {
  description = "ARN of the KMS key that masks are made with: an HMAC_256 key in the module's Region. Null for one that the module creates. With the same key, the same value gets the same mask, in every table and by every use of the module. If the same configuration creates the key, write format(\"%s\", aws_kms_key.this.arn), because Terraform must know at plan that it is not null."
  type        = string
  default     = null

  validation {
    condition     = var.hmac_key_arn == null ? true : can(regex(local.key_arn_pattern, var.hmac_key_arn))
    error_message = "hmac_key_arn is ${jsonencode(var.hmac_key_arn)}, which is not the ARN of a KMS key in ${local.region}, such as arn:aws:kms:${local.region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab. An alias does not work: use the arn attribute of your aws_kms_key, with key_usage GENERATE_VERIFY_MAC and customer_master_key_spec HMAC_256."
  }
}

variable "table_kms_key_arns" {
  description = "ARNs of the customer managed KMS keys that encrypt the copies: what the rules name in restore.encryption. Their key policies must leave it to IAM who uses them."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.table_kms_key_arns : can(regex(local.key_arn_pattern, arn))])
    error_message = "table_kms_key_arns has ${join(", ", [for arn in var.table_kms_key_arns : jsonencode(arn) if !can(regex(local.key_arn_pattern, arn))])}. Use ARNs of KMS keys in ${local.region}, such as arn:aws:kms:${local.region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab. An alias does not work."
  }
}

variable "name" {
  description = "Name of the state machine, and prefix of all other names. If you use the module more than once in an account, in any Region, give each use its own name, because role names are shared by all Regions."
  type        = string
  default     = "backup-dynamodb-rotator-masking"
  nullable    = false

  # The longest name is that of the role "<name>-report-attributes", and a role's name has at most 64 characters.
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_-]{0,45}$", var.name))
    error_message = "name is \"${var.name}\". Use 1 to 46 characters from A-Z, a-z, 0-9, \"_\" and \"-\", starting with a letter."
  }
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of all roles. Null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null ? true : can(regex("^arn:[^:]+:iam::(?:${local.account_id}|aws):policy/[!-~]+$", var.permissions_boundary))
    error_message = "permissions_boundary is ${jsonencode(var.permissions_boundary)}, which is not the ARN of an IAM policy in the module's account, such as arn:aws:iam::${local.account_id}:policy/boundary. Use the arn attribute of your aws_iam_policy."
  }
}

variable "role_path" {
  description = "Path of all roles."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/(?:[!-~]{1,510}/)?$", var.role_path))
    error_message = "role_path is \"${var.role_path}\". A path starts and ends with \"/\", such as /service/backup/, and has at most 512 characters."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the log groups. Null for AWS owned keys. The key policy must allow CloudWatch Logs in the Region to use the key."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex(local.key_arn_pattern, var.kms_key_arn))
    error_message = "kms_key_arn is ${jsonencode(var.kms_key_arn)}, which is not the ARN of a KMS key in ${local.region}, such as arn:aws:kms:${local.region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab. CloudWatch Logs does not accept an alias: use the arn attribute of your aws_kms_key."
  }
}

variable "log_retention_days" {
  description = "How many days to keep logs. 0 keeps them forever."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains(local.log_retention_days, var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}. CloudWatch Logs accepts ${join(", ", local.log_retention_days)}."
  }
}

variable "architecture" {
  description = "Processor architecture of the functions: arm64 or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is \"${var.architecture}\". Use arm64 or x86_64."
  }
}

variable "code_signing_config_arn" {
  description = "ARN of the code signing configuration of the functions. Null for none. Nobody has signed the module's zips, so Lambda deploys them only where the configuration warns, and rejects them where it enforces. There, use a copy of the module whose lambdas/dist has the zips as you have signed them with AWS Signer."
  type        = string
  default     = null

  validation {
    condition     = var.code_signing_config_arn == null ? true : can(regex("^arn:[^:]+:lambda:${local.region}:${local.account_id}:code-signing-config:csc-[a-z0-9]{17}$", var.code_signing_config_arn))
    error_message = "code_signing_config_arn is ${jsonencode(var.code_signing_config_arn)}, which is not the ARN of a code signing configuration in the module's Region and account, such as arn:aws:lambda:${local.region}:${local.account_id}:code-signing-config:csc-0123456789abcdef0. Use the arn attribute of your aws_lambda_code_signing_config."
  }
}

variable "vpc_config" {
  description = <<-EOT
    Connects the functions to a VPC. Null for none. From there, they must reach the APIs of DynamoDB and KMS, through VPC endpoints or a NAT gateway.

    - `subnet_ids`: IDs of up to 16 private subnets, best in different Availability Zones.
    - `security_group_ids`: IDs of up to 5 security groups that allow HTTPS to these APIs.
  EOT
  type = object({
    subnet_ids         = set(string)
    security_group_ids = set(string)
  })
  default = null

  validation {
    condition     = var.vpc_config == null ? true : length(var.vpc_config.subnet_ids) >= 1 && length(var.vpc_config.subnet_ids) <= 16 && alltrue([for id in var.vpc_config.subnet_ids : can(regex("^subnet-[0-9a-z]+$", id))])
    error_message = "vpc_config.subnet_ids is ${jsonencode(try(var.vpc_config.subnet_ids, null))}. Use the IDs of 1 to 16 subnets, such as [aws_subnet.private.id]."
  }

  validation {
    condition     = var.vpc_config == null ? true : length(var.vpc_config.security_group_ids) >= 1 && length(var.vpc_config.security_group_ids) <= 5 && alltrue([for id in var.vpc_config.security_group_ids : can(regex("^sg-[0-9a-z]+$", id))])
    error_message = "vpc_config.security_group_ids is ${jsonencode(try(var.vpc_config.security_group_ids, null))}. Use the IDs of 1 to 5 security groups, such as [aws_security_group.functions.id]."
  }
}

variable "tracing" {
  description = "Whether AWS X-Ray traces the functions and the state machine."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags for everything that the module creates."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^[\\pL\\pZ\\pN_.:/=+@-]{1,128}$", key)) && can(regex("^[\\pL\\pZ\\pN_.:/=+@-]{0,256}$", value)) && !startswith(lower(key), "aws:")])
    error_message = "tags has ${jsonencode({ for key, value in var.tags : key => value if !(can(regex("^[\\pL\\pZ\\pN_.:/=+@-]{1,128}$", key)) && can(regex("^[\\pL\\pZ\\pN_.:/=+@-]{0,256}$", value)) && !startswith(lower(key), "aws:")) })}. A key has 1 to 128 characters and a value at most 256, from letters, digits, spaces and _.:/=+-@, and no key starts with \"aws:\"."
  }

  validation {
    condition     = length(distinct([for key in keys(var.tags) : lower(key)])) == length(var.tags)
    error_message = "tags has ${join(" and ", [for key in keys(var.tags) : jsonencode(key) if length([for other in keys(var.tags) : other if lower(other) == lower(key)]) > 1])}. IAM takes keys that differ only in case for the same one, and rejects them. Keep one of them."
  }

  validation {
    condition     = length(var.tags) <= 50
    error_message = "tags has ${length(var.tags)} tags, and AWS allows 50 on a resource. Remove some."
  }
}
