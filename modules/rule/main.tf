# Rejects, at plan, a rule that AWS or one of the two regular expression engines would reject later.

locals {
  # A table's name has at most 255 characters; "-YYYYMMDD-HH-mm-ss" is appended to the replaced name.
  replacement_length_max = 255 - length("-YYYYMMDD-HH-mm-ss")

  # A parameter's name has at most 1,011 characters, including its ARN.
  parameter_name_length_max = 1011 - length(var.parameters_arn)

  settings = ["tags", "time_to_live", "stream", "point_in_time_recovery", "deletion_protection", "table_class", "contributor_insights", "auto_scaling", "resource_policy", "kinesis_destination"]

  # Of 50 tags, the module itself needs seven.
  tags_max         = 43
  ownership_prefix = "backup-dynamodb-rotator:"

  units = ["max_read_request_units", "max_write_request_units", "read_capacity_units", "write_capacity_units"]
}
