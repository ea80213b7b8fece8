"""Settings of the source table that a restore does not bring back, and that let data out of the copy or delete it.

They are applied after the hook, so that whatever the hook masks has never left the copy. One module for each API.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Restore.Tutorial.html
"""
