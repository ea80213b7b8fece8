"""Invoked by the state machine: counts what is masked in a segment, and what is not."""

from masking.proof import verify_segment
from masking.work import segment_function

handler = segment_function(verify_segment)
