/** What settings, other extensions and the machine offer as the server of a folder. */

import * as vscode from 'vscode';
import { type Command, serverCommand } from './server';

/** The server's command; undefined where there is none. Where trust is missing, nothing of the folder counts. */
export async function findServer(folder: vscode.WorkspaceFolder, own: vscode.Uri): Promise<Command | undefined> {
  const trusted = vscode.workspace.isTrusted;
  // In an untrusted workspace the editor itself leaves out what the workspace says of these two.
  const settings = vscode.workspace.getConfiguration('dspyLens', folder.uri);
  return serverCommand({
    path: settings.get<string>('path', ''),
    interpreter: settings.get<string>('interpreter', ''),
    pythonExtension: trusted ? await chosenPython(folder.uri) : undefined,
    folder: trusted ? folder.uri.fsPath : undefined,
    own: vscode.Uri.joinPath(own, 'server').fsPath,
    searchPath: process.env['PATH'] ?? '',
    windows: process.platform === 'win32',
  });
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
