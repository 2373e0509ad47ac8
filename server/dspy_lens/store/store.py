"""The store of one root: runs, ledger and agreements over one connection."""

from dspy_lens.store.database import StoreTooNew
from dspy_lens.store.filesystem import check_file_system
from dspy_lens.store.ledger import Ledger
from dspy_lens.store.runs import RunTable
from dspy_lens.store.trust import Agreements


class Store(RunTable, Ledger, Agreements):
    """`async with Store.open(path) as store`; what it answers are values, never rows."""


__all__ = ["Store", "StoreTooNew", "check_file_system"]
