"""Settings of the source table that a restore does not bring back, and that a rule may want on the copy.

One module for each API; each setting is a function that is called again and again, until the copy has what the source
has:

- it returns `True` once it has, and `False` where the source has nothing to bring along;
- it raises `NotYet` where DynamoDB is still at work;
- it raises another error where the copy can't have it.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Restore.Tutorial.html
"""
