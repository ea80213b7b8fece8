"""Invoked by the state machine: masks the items of a segment until its time is nearly up."""

from masking.mask import mask_segment
from masking.work import segment_function

handler = segment_function(mask_segment)
