"""What shapes a copy: billing mode, capacity, encryption, indexes, table class and tags.

None of it lets data out, so it is applied before the hook, which may need it.
"""
