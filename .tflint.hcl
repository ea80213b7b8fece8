# Run `tflint --recursive --config "$PWD/.tflint.hcl"`.

plugin "terraform" {
  enabled = true
  preset  = "recommended"
}

# Examples and tests take the versions that the module requires, and a contract test compares those of the modules.
rule "terraform_required_version" {
  enabled = false
}

rule "terraform_required_providers" {
  enabled = false
}
