"""Step Functions: the iterations of an inline Map state: how they end together, and which of them a redrive runs again.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType, MapIterationEventDetails
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.inline_iteration_component import (
    InlineIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.job import Job, JobClosed, JobPool
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded
from moto.stepfunctions.parser.backend.execution import Execution

from local_aws.patching import adds, replaces
from local_aws.step_functions.ends import changing


@dataclass
class _Iteration:
    """How far an iteration has come."""

    map_name: str
    index: int
    state: str | None = None
    """The state that it entered last."""
    input: Any = None
    output: Any = None
    succeeded: bool = False

    def run(self, program: Program, env: Environment) -> None:
        """Runs it, from the state that it entered last if there is one."""
        if self.state is not None:
            env.states.reset(input_value=copy.deepcopy(self.input))
            program = copy.copy(program)
            program.start_at = StartAt(start_at_name=self.state)
        env.iteration = self
        program.eval(env)
        if isinstance(env.program_state(), ProgramEnded):
            self.output = copy.deepcopy(env.states.get_input())
            self.succeeded = True


@dataclass(frozen=True)
class _Run:
    """What a job evaluates: an iteration, as far as it has not succeeded."""

    iteration: _Iteration
    program: Program

    def eval(self, env: Environment) -> None:
        self.iteration.run(self.program, env)


@dataclass
class _Maps:
    """The iterations of the Map states of an execution that have not succeeded, by the name of the state."""

    iterations: dict[str, list[_Iteration]] = field(default_factory=dict)
    resumed: str | None = None
    """The state that is redriven."""


_REDRIVE = "moto has no redrives; AWS runs only those iterations again that have not succeeded"
_SOURCE = "https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html"

adds(Execution, "maps", because=_REDRIVE, source=_SOURCE)(None)
adds(Environment, "iteration", because=_REDRIVE, source=_SOURCE)(None)


def resume(execution: Execution, state: str) -> None:
    """Has the state, if it is a Map state, go on with the iterations that have not succeeded."""
    if execution.maps is not None:
        execution.maps.resumed = state


@replaces(CommonStateField, "_eval_body", because=_REDRIVE, source=_SOURCE, written_against="035f80ca")
def _enter_state(original: Callable[..., None], state: CommonStateField, env: Environment) -> None:
    if env.iteration is not None and env.is_running():
        env.iteration.state, env.iteration.input = state.name, copy.deepcopy(env.states.get_input())
    original(state, env)


@replaces(
    InlineIterationComponent,
    "_eval_body",
    because="in moto the other iterations go on when one has failed, "
    "and a redrive runs those again that have succeeded",
    source=_SOURCE,
    written_against="1a65306e",
)
def _run_iterations(_original: Callable[..., None], component: InlineIterationComponent, env: Environment) -> None:
    given = env.stack.pop()
    maps = _maps_of(env.event_manager.execution)
    iterations = _iterations(maps, given.state_name, len(given.input_items))
    maps.iterations[given.state_name] = iterations
    pool = _pool(component._get_iteration_program(), given.input_items, iterations)
    for _ in range(min(given.max_concurrency or len(pool._open_jobs), len(pool._open_jobs))):
        component._launch_worker(env=env, eval_input=given, job_pool=pool)
    pool.await_jobs()
    if failure := pool.get_worker_exception():
        _abort(env)
        raise failure
    del maps.iterations[given.state_name]
    env.stack.append([closed.job_output for closed in pool.get_closed_jobs()])


def _maps_of(execution: Execution) -> _Maps:
    if execution.maps is None:
        execution.maps = _Maps()
    maps: _Maps = execution.maps
    return maps


def _iterations(maps: _Maps, name: str, number: int) -> list[_Iteration]:
    if maps.resumed == name and name in maps.iterations:
        maps.resumed = None
        # What still runs of the execution that ended does not know of the redrive.
        return [copy.copy(iteration) for iteration in maps.iterations[name]]
    return [_Iteration(name, index) for index in range(number)]


def _pool(program: Program, items: list[Any], iterations: list[_Iteration]) -> JobPool:
    pool = JobPool(job_program=program, job_inputs=items)
    pool._closed_jobs.update(JobClosed(one.index, one.output) for one in iterations if one.succeeded)
    pool._open_jobs[:] = [
        Job(one.index, _Run(one, program), items[one.index]) for one in reversed(iterations) if not one.succeeded
    ]
    return pool


def _abort(env: Environment) -> None:
    """Ends what runs in the environment, and leaves no trace of what it does from now on."""
    with changing:
        for frame in _frames(env):
            if frame.iteration is not None:
                details = MapIterationEventDetails(name=frame.iteration.map_name, index=frame.iteration.index)
                env.event_manager.add_event(
                    context=frame.event_history_context,
                    event_type=HistoryEventType.MapIterationAborted,
                    event_details=EventDetails(mapIterationAbortedEventDetails=details),
                )
            frame.event_history_context.closed = True
        for frame in list(env._frames):
            frame.set_stop(stop_date=datetime.now(UTC), cause=None, error=None)


def _frames(env: Environment) -> Iterator[Environment]:
    for frame in list(env._frames):
        yield from _frames(frame)
        yield frame
