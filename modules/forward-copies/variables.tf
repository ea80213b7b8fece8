variable "event_bus_arn" {
  description = "ARN of the rotator's event bus: its output event_bus.arn."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9_.-]+$", var.event_bus_arn))
    error_message = "event_bus_arn is \"${var.event_bus_arn}\", which is not the ARN of an event bus, such as arn:aws:events:eu-west-1:123456789012:event-bus/backup-dynamodb-rotator. Use the rotator's output event_bus.arn."
  }
}

variable "destination_vault_arns" {
  description = "ARNs of the vaults that backups are copied to: the rotator's backup_vault_arns."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.destination_vault_arns) > 0
    error_message = "destination_vault_arns is [], so nothing would ever be forwarded. Use the rotator's backup_vault_arns."
  }

  validation {
    condition     = alltrue([for arn in var.destination_vault_arns : can(regex("^arn:[^:]+:backup:[a-z0-9-]+:[0-9]{12}:backup-vault:[A-Za-z0-9_.-]{1,50}$", arn))])
    error_message = "destination_vault_arns has ${join(", ", [for arn in var.destination_vault_arns : jsonencode(arn) if !can(regex("^arn:[^:]+:backup:[a-z0-9-]+:[0-9]{12}:backup-vault:[A-Za-z0-9_.-]{1,50}$", arn))])}. Use ARNs of backup vaults, such as arn:aws:backup:eu-west-1:123456789012:backup-vault:orders."
  }
}

variable "name" {
  description = "Name of the rule and the role. If you use the module more than once in an account, in any Region, give each use its own name, because role names are shared by all Regions."
  type        = string
  default     = "backup-dynamodb-rotator-forward-copies"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{1,64}$", var.name))
    error_message = "name is \"${var.name}\". Use 1 to 64 characters from A-Z, a-z, 0-9, \"_\", \"-\" and \".\"."
  }
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of the role. Null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null ? true : can(regex("^arn:[^:]+:iam::(?:[0-9]{12}|aws):policy/[!-~]+$", var.permissions_boundary))
    error_message = "permissions_boundary is ${jsonencode(var.permissions_boundary)}, which is not the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary. Use the arn attribute of your aws_iam_policy."
  }
}

variable "role_path" {
  description = "Path of the role."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/(?:[!-~]{1,510}/)?$", var.role_path))
    error_message = "role_path is \"${var.role_path}\". A path starts and ends with \"/\", such as /service/backup/, and has at most 512 characters."
  }
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
