"""The channels through which recovery points become known, a module for each."""
