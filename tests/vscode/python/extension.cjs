// The API as the Python extension documents it: the chosen environment, and an event when another one is chosen.
const { existsSync, readFileSync } = require('node:fs');
const vscode = require('vscode');

exports.activate = (context) => {
  const changes = new vscode.EventEmitter();
  const chosen = () => ({ path: existsSync(process.env.LENS_CHOICE) ? readFileSync(process.env.LENS_CHOICE, 'utf-8') : '' });
  context.subscriptions.push(changes, vscode.commands.registerCommand('standIn.choose', () => { changes.fire(chosen()); }));
  return { environments: { getActiveEnvironmentPath: chosen, onDidChangeActiveEnvironmentPath: changes.event } };
};
