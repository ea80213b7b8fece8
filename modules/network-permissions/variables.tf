variable "partition" {
  description = "Partition of the functions."
  type        = string
}

variable "region" {
  description = "Region of the functions."
  type        = string
}

variable "function_arn" {
  description = "ARN of the functions, with `*` where they are several."
  type        = string
}
