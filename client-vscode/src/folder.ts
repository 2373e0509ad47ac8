/** One workspace folder's language client. */

import * as vscode from 'vscode';
import { LanguageClient, type LanguageClientOptions, type ServerOptions, TransportKind } from 'vscode-languageclient/node';
import { notifications } from './progress';
import type { InitializationOptions } from './protocol';
import { serverCommand } from './server';

const DOCUMENTS = ['python', 'json', 'jsonl', 'csv', 'tsv', 'yaml', 'toml'];

export class Folder {
  readonly client: LanguageClient;

  private constructor(readonly folder: vscode.WorkspaceFolder, server: ServerOptions, output: vscode.LogOutputChannel) {
    const initialization: InitializationOptions = { client: 'vscode', trusted: vscode.workspace.isTrusted, commands: false };
    const pattern = `${folder.uri.fsPath}/**/*`;
    const options: LanguageClientOptions = {
      documentSelector: DOCUMENTS.map((language) => ({ scheme: 'file', language, pattern })),
      workspaceFolder: folder,
      initializationOptions: initialization,
      outputChannel: output,
      middleware: { handleWorkDoneProgress: notifications(() => this.client) },
    };
    this.client = new LanguageClient('dspyLens', 'DSPy Lens', server, options);
  }

  static async start(folder: vscode.WorkspaceFolder, output: vscode.LogOutputChannel): Promise<Folder> {
    const { command, args } = serverCommand(await offers(folder));
    const started = new Folder(folder, {
      command,
      args: [...args],
      transport: TransportKind.stdio,
      options: { cwd: folder.uri.fsPath },
    }, output);
    await started.client.start();
    return started;
  }
}

async function offers(folder: vscode.WorkspaceFolder) {
  const settings = vscode.workspace.getConfiguration('dspyLens', folder.uri);
  const trusted = vscode.workspace.isTrusted;
  return {
    path: trusted ? settings.get('path', '') : (settings.inspect<string>('path')?.globalValue ?? ''),
    interpreter: trusted ? settings.get('interpreter', '') : '',
    pythonExtension: trusted ? await chosenPython(folder.uri) : undefined,
    folder: trusted ? folder.uri.fsPath : '',
    windows: process.platform === 'win32',
  };
}

interface PythonExtension {
  readonly environments?: { getActiveEnvironmentPath(resource: vscode.Uri): { readonly path: string } };
}

/** The interpreter that the Python extension has chosen, where it is installed. */
async function chosenPython(resource: vscode.Uri): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<PythonExtension>('ms-python.python');
  if (extension === undefined) {
    return undefined;
  }
  const api = extension.isActive ? extension.exports : await extension.activate();
  return api.environments?.getActiveEnvironmentPath(resource).path;
}
