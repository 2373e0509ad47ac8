"""As much of marimo as it takes to run the cells of an app: each is called with what it asks for."""

import inspect


class App:
    def __init__(self, **options):
        self.cells = []

    def cell(self, function=None, **options):
        if function is None:
            return self.cell
        self.cells.append(function)
        return function

    def run(self):
        outputs, defs = [], {}
        for cell in self.cells:
            asked = inspect.signature(cell).parameters
            made = cell(**{name: defs[name] for name in asked}) or ()
            names = [it.strip() for it in (cell.__doc__ or "").split(",") if it.strip()]
            defs.update(zip(names, made))
        return outputs, defs
