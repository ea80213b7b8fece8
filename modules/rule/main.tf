# Refuses, when planning, a rule that AWS or one of two readers of regular expressions would refuse later.

locals {
  # A table's name has at most 255 characters; "-YYYYMMDD-HH-mm-ss" is added to what is replaced.
  replacement_length_max = 255 - length("-YYYYMMDD-HH-mm-ss")

  # A parameter's name has at most 1,011 characters, those of its ARN included.
  parameter_name_length_max = 1011 - length(var.parameters_arn)
}
