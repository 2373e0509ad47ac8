"""The verb "draft": examples that the model makes up, one after the other, each told of those before."""

from typing import Any

from dspy_lens_worker.failure import Failed, Refused, described
from dspy_lens_worker.health import is_provider_failure, said
from dspy_lens_worker.hooks import PHASE
from dspy_lens_worker.load import Case
from dspy_lens_worker.messages import HeldOut
from dspy_lens_worker.plain import fields_of, plain
from dspy_lens_worker.session import Session, Tools

DRAFTING = "drafting"
SHOWN = 80  # characters of an earlier draft, as the estimate has it
CRUDE = "The practice model put these drafts together out of words: they are for trying out only."


def write_drafts(tools: Tools, session: Session) -> str | None:
    """Why it stopped with what it had, or None when all were asked for; fails where nothing came of it."""
    drafts = Drafts(tools, session)
    tools.guard.enter(DRAFTING)
    reason = None
    for case in session.parts.train:
        try:
            drafts.ask(case)
        except Refused as refused:
            if refused.kind != "cap":
                raise
            reason = refused.reason
            break
    if not drafts.kept and reason is None:
        raise Failed("run", f"No draft could be used: {drafts.wrong}. Take a stronger model.")
    if drafts.wrong:
        left_out = f"{drafts.asked - drafts.kept} of {drafts.asked} drafts"
        tools.writer.log(f"{left_out} were left out: {drafts.wrong}.", "warning")
    if tools.order.model.name == "offline":
        tools.writer.log(CRUDE, "warning")
    return reason


class Drafts:
    """What was drafted so far."""

    def __init__(self, tools: Tools, session: Session) -> None:
        self._tools = tools
        self._session = session
        # The last input holds what there is already, with stand-ins for what is drafted first.
        self._field = tools.order.target.inputs[-1].name
        self._inputs: list[str] = tools.order.parameters["inputs"]
        self._earlier: list[str] | None = None
        self._known: set[str] = set()
        self.asked = 0
        self.kept = 0
        self.wrong = ""

    def ask(self, case: Case) -> None:
        """One draft, written down at once; raises Refused where no call may be sent any more."""
        import dspy

        inputs = dict(case.order.inputs)
        if self._earlier is None:
            self._earlier = list(inputs[self._field])
        inputs[self._field] = list(self._earlier)
        self.asked += 1
        try:
            with dspy.context(**{PHASE: DRAFTING}):
                answer = fields_of(self._session.student(**inputs))
        except Exception as error:
            if is_provider_failure(error):
                raise Failed("model", said(error)) from error
            self.wrong = described(error)
            return
        self._keep(case, inputs, answer)

    def _keep(self, case: Case, inputs: dict[str, Any], answer: dict[str, Any]) -> None:
        record = {it.name: answer.get(it.name) for it in self._tools.order.target.outputs}
        text = " | ".join(str(record[it]) for it in self._inputs)
        if any(it is None for it in record.values()) or text in self._known:
            self.wrong = "they said what another one says" if text in self._known else "fields were missing"
            return
        self._known.add(text)
        assert self._earlier is not None
        self._earlier.append(text[:SHOWN])
        self.kept += 1
        row = HeldOut(
            program="baseline", row=case.order.row, inputs=plain(inputs), labels={}, answer=record, score=None
        )
        self._tools.writer.held_out([row])
