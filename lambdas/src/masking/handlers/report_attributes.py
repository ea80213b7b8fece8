"""Invoked by the state machine: finds the paths and types in a segment."""

from masking.report import report_attributes
from masking.work import segment_function

handler = segment_function(report_attributes)
