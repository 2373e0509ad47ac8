/** Starts a client for each folder that uses DSPy, and hands commands to the folder they belong to. */

import * as vscode from 'vscode';
import { ExecuteCommandRequest } from 'vscode-languageclient/node';
import { Folder } from './folder';
import { COMMANDS, isRefusal } from './protocol';

const folders = new Map<string, Folder>();

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel('DSPy Lens', { log: true });
  context.subscriptions.push(output, ...COMMANDS.map((name) =>
    vscode.commands.registerCommand(name, (argument: unknown) => run(name, argument))));
  context.subscriptions.push(vscode.commands.registerCommand('dspyLens.restart', () => restart(output)));
  context.subscriptions.push(vscode.workspace.onDidChangeWorkspaceFolders(async (change) => {
    await Promise.all(change.removed.map((it) => stop(it)));
    await Promise.all(change.added.map((it) => start(it, output)));
  }));
  context.subscriptions.push(vscode.workspace.onDidGrantWorkspaceTrust(() => restart(output)));
  await Promise.all((vscode.workspace.workspaceFolders ?? []).map((it) => start(it, output)));
}

export async function deactivate(): Promise<void> {
  await Promise.all([...folders.values()].map((it) => it.client.stop()));
  folders.clear();
}

async function start(folder: vscode.WorkspaceFolder, output: vscode.LogOutputChannel): Promise<void> {
  if (!await usesDspy(folder)) {
    return;
  }
  try {
    const started = await Folder.start(folder, output);
    folders.set(folder.uri.toString(), started);
    await announce(started);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    output.error(message);
    const choice = await vscode.window.showErrorMessage(
      'The DSPy Lens server did not start. Install it into your environment (pip install dspy-lens), or set dspyLens.path.',
      'Open Settings',
    );
    if (choice !== undefined) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'dspyLens.path');
    }
  }
}

async function stop(folder: vscode.WorkspaceFolder): Promise<void> {
  const key = folder.uri.toString();
  await folders.get(key)?.client.stop();
  folders.delete(key);
}

async function restart(output: vscode.LogOutputChannel): Promise<void> {
  await deactivate();
  await Promise.all((vscode.workspace.workspaceFolders ?? []).map((it) => start(it, output)));
}

/** Shows the commands that the server knows, and no others. */
async function announce(folder: Folder): Promise<void> {
  const known = folder.client.initializeResult?.capabilities.experimental as { commands?: string[] } | undefined;
  const names = known?.commands ?? COMMANDS;
  await Promise.all(names.map((name) => vscode.commands.executeCommand('setContext', name, true)));
}

/** Sends a command to the folder of its argument's document, else of the active editor, else to the only one. */
async function run(command: string, argument: unknown): Promise<unknown> {
  const folder = folderFor(argument);
  if (folder === undefined) {
    await vscode.window.showWarningMessage('No folder here uses DSPy. Open one that does, then try again.');
    return undefined;
  }
  const answer: unknown = await folder.client.sendRequest(ExecuteCommandRequest.type, {
    command,
    arguments: [argument ?? {}],
  });
  if (isRefusal(answer) && answer.refused.reason !== 'declined') {
    void vscode.window.showWarningMessage(answer.refused.message);
  }
  return answer;
}

function folderFor(argument: unknown): Folder | undefined {
  const uri = typeof argument === 'object' && argument !== null && 'uri' in argument && typeof argument.uri === 'string'
    ? vscode.Uri.parse(argument.uri)
    : vscode.window.activeTextEditor?.document.uri;
  const folder = uri === undefined ? undefined : vscode.workspace.getWorkspaceFolder(uri);
  return folders.get(folder?.uri.toString() ?? '') ?? [...folders.values()][0];
}

async function usesDspy(folder: vscode.WorkspaceFolder): Promise<boolean> {
  const files = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, '**/*.py'), '**/{.venv,venv,node_modules}/**', 2000);
  for (const file of files) {
    const bytes = await vscode.workspace.fs.readFile(file);
    if (Buffer.from(bytes).includes('dspy')) {
      return true;
    }
  }
  return false;
}
