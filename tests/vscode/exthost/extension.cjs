// A command that runs the tests, and a message that says how they ended.
const { appendFileSync } = require('node:fs');
const vscode = require('vscode');
const { run } = require('./index.cjs');

exports.activate = (context) => {
  const say = (line) => appendFileSync(process.env.LENS_TEST_LOG, `${line}\n`);
  context.subscriptions.push(vscode.commands.registerCommand('dspyLensTests.run', async () => {
    try {
      await run(say);
      void vscode.window.showInformationMessage('The tests passed.');
    } catch (error) {
      say(error.stack);
      void vscode.window.showErrorMessage('A test failed.');
    }
  }));
};
