"""X-Ray: one segment for each traced invocation and execution, in a trace of its own.

On AWS the trace of an execution also holds those of the functions that it invokes.
"""

import json
import time
import uuid
from dataclasses import dataclass, field

from moto.xray.models import xray_backends


@dataclass(frozen=True)
class Trace:
    """A trace that starts now by default."""

    begin: float = field(default_factory=time.time)
    suffix: str = field(default_factory=lambda: uuid.uuid4().hex[:24])

    @property
    def id(self) -> str:
        return f"1-{int(self.begin):08x}-{self.suffix}"

    def header(self, *, sampled: bool) -> str:
        """The tracing header that a function gets."""
        return f"Root={self.id};Parent={uuid.uuid4().hex[:16]};Sampled={int(sampled)}"

    def record(self, arn: str, origin: str, failed: bool) -> None:
        """Keeps a segment that ends now; the caller has checked permissions.

        https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
        """
        _, _, _, region, account, _, name, *_ = arn.split(":")
        segment = {
            "name": name,
            "id": uuid.uuid4().hex[:16],
            "trace_id": self.id,
            "start_time": self.begin,
            "end_time": time.time(),
            "origin": origin,
            "resource_arn": arn,
            **({"fault": True} if failed else {}),
        }
        xray_backends[account][region].process_segment(json.dumps(segment))
