# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
locals {
  actions = {
    describe = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
    manage = [
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:UnassignPrivateIpAddresses",
    ]
  }
}

data "aws_iam_policy_document" "this" {
  statement {
    sid     = "DescribeNetwork"
    actions = local.actions.describe
    # EC2 has no resource-level permissions for these actions.
    resources = ["*"]
  }

  # Lambda looks after the network interfaces with the permissions of the function, and its documentation asks for all
  # resource IDs. A subnet may belong to an account that shares it.
  statement {
    sid       = "ManageNetworkInterfaces"
    actions   = local.actions.manage
    resources = ["arn:${var.partition}:ec2:${var.region}:*:*/*"]
  }

  # The code of the function has no business there, as AWS recommends.
  statement {
    sid       = "KeepCodeFromNetwork"
    effect    = "Deny"
    actions   = flatten(values(local.actions))
    resources = ["*"]

    condition {
      test     = "ArnLike"
      variable = "lambda:SourceFunctionArn"
      values   = [var.function_arn]
    }
  }
}
