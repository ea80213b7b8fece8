"""What shapes a copy: billing mode, capacity, encryption, indexes and table class. Its tags come with its ownership.

None of it lets data out, so it is applied before the hook, which may need it.
"""
