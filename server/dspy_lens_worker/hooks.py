"""The guard around DSPy: every attempt of every model object passes here before it is sent.

DSPy runs each attempt of each model, retries and fan-out included, through two functions of
`dspy.clients.execution`; replacing these is the one place that sees them all. Callbacks are not enough:
they fire on cache hits and miss retries.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from dspy_lens_worker.cache import PRACTICE, EndpointCache, endpoint_of
from dspy_lens_worker.charging import Attempt, bound_of, charge_of, reserved, taken
from dspy_lens_worker.failure import Failed, Refused
from dspy_lens_worker.guard import Amount, Guard, Ticket
from dspy_lens_worker.health import Health
from dspy_lens_worker.ledger import Ledger
from dspy_lens_worker.messages import Role
from dspy_lens_worker.prices import Bound, Prices, is_practice
from dspy_lens_worker.redact import Redactor

ROLE = "_dspy_lens_role"
PHASE = "dspy_lens_phase"
JUDGING = "dspy_lens_judging"
LONGEST_WAIT = 60.0  # seconds, whatever a provider's Retry-After says
_attempting: ContextVar[Ticket | None] = ContextVar("dspy_lens_attempt", default=None)
_calling: ContextVar[bool] = ContextVar("dspy_lens_call", default=False)


def phase() -> str | None:
    """The part of the run that this thread works for; DSPy's settings carry it into its threads."""
    import dspy

    found: str | None = dspy.settings.get(PHASE)
    return found


def role_of(lm: Any) -> Role:
    """Judge inside a metric, else what the model object was made for; the user's own are task models."""
    import dspy

    if dspy.settings.get(JUDGING):
        return "judge"
    role: Role = getattr(lm, ROLE, "task")
    return role


@dataclass(frozen=True, slots=True)
class Hooks:
    """Wraps DSPy's execution with a guard, a ledger and the cache of the call's endpoint."""

    guard: Guard
    ledger: Ledger
    health: Health
    cache: EndpointCache
    redactor: Redactor
    prices: Prices

    def install(self) -> None:
        """Puts the guard around DSPy; a DSPy that is built otherwise is not run at all."""
        from dspy.clients import execution

        wrappers = {
            "execute": self.around_execute,
            "aexecute": self.around_aexecute,
            "_attempt": self.around_attempt,
            "_aattempt": self.around_aattempt,
            "_delay": self.around_delay,
        }
        missing = [it for it in wrappers if not hasattr(execution, it)]
        if missing:
            raise Failed(
                "dspy",
                f"This DSPy has no {', '.join(missing)}, so no cap could hold. Install dspy 3.4 instead.",
            )
        for name, wrap in wrappers.items():
            setattr(execution, name, wrap(getattr(execution, name)))

    # logical calls -----------------------------------------------------------------------------------
    def around_execute(self, original: Any) -> Any:
        def execute(lm: Any, call: Any) -> Any:
            with self._call(lm, call) as done:
                done.append(original(lm, call))
            return done[0]

        return execute

    def around_aexecute(self, original: Any) -> Any:
        async def aexecute(lm: Any, call: Any) -> Any:
            with self._call(lm, call) as done:
                done.append(await original(lm, call))
            return done[0]

        return aexecute

    @contextmanager
    def _call(self, lm: Any, call: Any) -> Iterator[list[Any]]:
        """One logical call at its endpoint. One inside another, in a model of the user's, is not counted."""
        options = {**getattr(lm, "kwargs", {}), **call.kwargs}
        self.redactor.learn(options.get(it) for it in ("api_key", "azure_ad_token"))
        inner = _calling.get()
        done: list[Any] = []
        token = _calling.set(True)
        try:
            with self.cache.endpoint(endpoint(lm, options)):
                yield done
        except Exception as error:
            self.health.failed(error)
            raise
        finally:
            _calling.reset(token)
        if not inner:
            self.ledger.call(role_of(lm), bool(done[0].cache_hit))
        if not done[0].cache_hit:
            self.health.worked()

    # attempts ----------------------------------------------------------------------------------------
    def around_attempt(self, original: Any) -> Any:
        def attempt(*given: Any) -> Any:
            it = Attempt(*given)
            bound = self.bound(it)
            with self._sent(self.guard.admit(reserved(bound), phase()), it, bound):
                return original(it.lm, without_retries(it.call), *given[2:])

        return attempt

    def around_aattempt(self, original: Any) -> Any:
        async def attempt(*given: Any) -> Any:
            it = Attempt(*given)
            bound = self.bound(it)
            with self._sent(await self.admitted(reserved(bound)), it, bound):
                return await original(it.lm, without_retries(it.call), *given[2:])

        return attempt

    async def admitted(self, worst: Amount) -> Ticket:
        while (ticket := self.guard.try_admit(worst, phase())) is None:
            await asyncio.to_thread(self.guard.wait_for_change)
        return ticket

    def bound(self, attempt: Attempt) -> Bound:
        """The most that it can take; refused when no cap could hold it."""
        self._hand_over()
        bound = bound_of(self.prices, attempt)
        if self.guard.counts_tokens and not self.guard.fits(reserved(bound)):
            bound = self.prices.closer(attempt.lm, attempt.content, bound)
        self.need_price(bound, attempt.lm.model)
        return bound

    def need_price(self, bound: Bound, model: str) -> None:
        caps = self.guard.caps
        if bound.micros is None and caps.micros is not None and caps.calls is None and caps.tokens is None:
            reason = f"The price of {model} is unknown, so a cap in dollars cannot hold. Use --cap-calls."
            self.guard.latch("price", reason)
            raise Refused("price", reason)

    def _hand_over(self) -> None:
        """A model object of the user's that leads to another one: the inner request is what is sent."""
        outer = _attempting.get()
        if outer is not None and self.guard.hand_over(outer):
            self.ledger.request(-1)

    @contextmanager
    def _sent(self, ticket: Ticket, attempt: Attempt, bound: Bound) -> Iterator[None]:
        self.ledger.request()
        token, before = _attempting.set(ticket), len(attempt.results)
        try:
            yield
        finally:
            _attempting.reset(token)
            answered = len(attempt.results) > before and not ticket.handed_over
            charge = charge_of(self.prices, attempt, bound, role_of(attempt.lm)) if answered else None
            self.guard.settle(ticket, taken(charge))
            if charge is not None:
                self.ledger.charge(charge)

    # retries -------------------------------------------------------------------------------------------
    def around_delay(self, original: Any) -> Any:
        def delay(error: Exception, attempt: int) -> float:
            """Waits here, where a latch ends the wait, rather than in DSPy's own sleep."""
            seconds = min(float(original(error, attempt)), LONGEST_WAIT)
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                self.guard.pause(seconds, phase())
                return 0.0
            return seconds

        return delay


def endpoint(lm: Any, options: dict[str, Any]) -> str:
    """Where the call goes; a custom engine is an endpoint of its own, since DSPy's keys leave it out."""
    engine = getattr(lm, "engine", "auto")
    if is_practice(lm):
        return PRACTICE
    if isinstance(engine, str):
        return endpoint_of(lm.model, options)
    return f"engine://{type(engine).__module__}.{type(engine).__qualname__}"


def without_retries(call: Any) -> Any:
    """The call with the retries of LiteLLM's own clients switched off: the guard would not see them."""
    if call.request is not None or not call.managed:
        return call
    return replace(call, legacy={**call.legacy, "max_retries": 0})
