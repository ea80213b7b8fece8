"""Invoked by the state machine: removes the marks of masked digits in a segment."""

from masking.marks import remove_marks
from masking.work import segment_function

handler = segment_function(remove_marks)
