"""Why a file gives no examples at all."""


class Unreadable(Exception):
    """Its code, one sentence on what happened and one thing to do."""

    def __init__(self, code: str, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.code, self.message, self.line = code, message, line
