/** What settings, other extensions and the machine offer: a server for a folder, and the Python for its code. */

import * as vscode from 'vscode';
import { absolute } from './places';
import { type Command, type Offers, serverCommand } from './server';

/** How a folder is served. */
export interface Found {
  /** The command that starts the server; undefined where there is none. */
  readonly server: Command | undefined;
  /** The Python for the user's code that this window names; undefined leaves `.venv` and PATH to the server. */
  readonly interpreter: string | undefined;
}

/** What there is for a folder, in the environment `own` too. Where trust is missing, nothing of the folder counts. */
export async function look(folder: vscode.WorkspaceFolder, own: string): Promise<Found> {
  const offers = await offersFor(folder, own);
  const named = [offers.interpreter, offers.pythonExtension ?? ''].find((it) => it !== '');
  return { server: serverCommand(offers), interpreter: named };
}

async function offersFor(folder: vscode.WorkspaceFolder, own: string): Promise<Offers> {
  const trusted = vscode.workspace.isTrusted;
  // In an untrusted workspace the editor itself leaves out what the workspace says of these two.
  const settings = vscode.workspace.getConfiguration('dspyLens', folder.uri);
  return {
    path: absolute(settings.get<string>('path', ''), folder.uri.fsPath),
    interpreter: absolute(settings.get<string>('interpreter', ''), folder.uri.fsPath),
    pythonExtension: trusted ? await chosenPython(folder.uri) : undefined,
    folder: trusted ? folder.uri.fsPath : undefined,
    own,
    searchPath: process.env['PATH'] ?? '',
    windows: process.platform === 'win32',
  };
}

interface Chosen {
  readonly path: string;
  readonly resource?: vscode.Uri | vscode.WorkspaceFolder | undefined;
}

interface PythonExtension {
  readonly environments?: {
    getActiveEnvironmentPath(resource: vscode.Uri): Chosen;
    readonly onDidChangeActiveEnvironmentPath?: vscode.Event<Chosen>;
  };
}

const PYTHON = 'ms-python.python';

/** The interpreter that the Python extension has chosen, where it is installed. */
async function chosenPython(resource: vscode.Uri): Promise<string | undefined> {
  return (await pythonExtension())?.environments?.getActiveEnvironmentPath(resource).path;
}

/** Tells when the Python extension chooses another interpreter, from when it is there. */
export async function onOtherPython(listener: () => void): Promise<vscode.Disposable | undefined> {
  return (await pythonExtension())?.environments?.onDidChangeActiveEnvironmentPath?.(listener);
}

async function pythonExtension(): Promise<PythonExtension | undefined> {
  const extension = vscode.extensions.getExtension<PythonExtension>(PYTHON);
  return extension?.isActive === false ? extension.activate() : extension?.exports;
}
