"""Restoring a recovery point to a new table.

DynamoDB restores native recovery points itself. Advanced ones are restored by a job of AWS Backup.
"""
