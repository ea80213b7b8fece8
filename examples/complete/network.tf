# The network of the functions: no way to the internet, only to the APIs that they call

data "aws_availability_zones" "this" {
  state = "available"

  # Lambda does not support Local Zones, which an account opts in to.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

resource "aws_vpc" "this" {
  cidr_block           = "10.0.0.0/24"
  enable_dns_hostnames = true
  tags                 = merge(local.tags, { Name = "shop-rotator" })
}

resource "aws_subnet" "functions" {
  count = 2

  vpc_id            = aws_vpc.this.id
  availability_zone = data.aws_availability_zones.this.names[count.index]
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 2, count.index)
  tags              = merge(local.tags, { Name = "shop-rotator" })
}

# Of the functions and of the endpoints
resource "aws_security_group" "functions" {
  name        = "shop-rotator"
  description = "HTTPS from the functions of the rotator to the APIs of AWS"
  vpc_id      = aws_vpc.this.id
  tags        = local.tags

  ingress {
    description = "HTTPS to the endpoints"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    self        = true
  }

  # DynamoDB's endpoint routes to public addresses.
  egress {
    description = "HTTPS to the APIs"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_vpc_endpoint" "dynamodb" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${local.region}.dynamodb"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_vpc.this.default_route_table_id]
  tags              = local.tags
}

# Each costs by the hour and subnet. Leave out application-autoscaling where no rule carries over auto_scaling.
resource "aws_vpc_endpoint" "api" {
  for_each = toset(["application-autoscaling", "backup", "sns", "ssm", "states"])

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${local.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = aws_subnet.functions[*].id
  security_group_ids  = [aws_security_group.functions.id]
  private_dns_enabled = true
  tags                = local.tags
}
