"""Restores AWS Backup recovery points of DynamoDB tables to fresh tables, and points SSM parameters at them."""
