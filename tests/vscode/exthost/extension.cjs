// Nothing: the workbench wants an extension under development before it runs tests in the extension host.
exports.activate = () => undefined;
