/** What is said after a command: only what the window does not show anyway. */

import { join } from 'node:path';
import * as vscode from 'vscode';
import { saveSettings } from './chooseExamples';
import type { Folder } from './folder';
import { count, dollars, spentText } from './format';
import { type CommandName, PREFIX, type Run, RUNS, shortName, type Spending } from './protocol';

interface Started { readonly run: string; readonly target: string; readonly stored?: boolean }
interface Reruns { readonly runs: readonly string[]; readonly left_out: readonly { readonly message: string }[] }
interface Applied { readonly note: string; readonly written: string | null }
interface Linked { readonly target: string; readonly source: string; readonly path: string }
interface Got { readonly target: string; readonly got: readonly string[]; readonly count: number }
interface Cleared { readonly runs: number; readonly cache_files: number }

const TELL: Partial<Record<CommandName, (folder: Folder, answer: never) => Promise<void>>> = {
  optimize: started,
  optimizeWith: started,
  evaluate: started,
  dryRun: started,
  rerun: started,
  rerunStale: reruns,
  apply: applied,
  export: exported,
  clear: cleared,
  chooseExamples: chosen,
  getExamples: got,
  spend: spending,
  trust: () => say('This workspace is trusted from now on: runs may execute its code.'),
};

export async function tell(name: CommandName, folder: Folder, answer: unknown): Promise<void> {
  await TELL[name]?.(folder, answer as never);
}

async function started(folder: Folder, { run, target, stored }: Started): Promise<void> {
  if (stored !== true) {
    return;
  }
  const { runs } = await folder.ask<{ runs: Run[] }>(RUNS, { target });
  const text = runs.find((it) => it.run === run)?.text ?? '';
  const message = `${shortName(target)}: answered from the store, nothing was sent or paid. ${text}`;
  if (await vscode.window.showInformationMessage(message.trim(), 'Show Result') !== undefined) {
    await vscode.commands.executeCommand(`${PREFIX}show`, { folder: folder.key, run });
  }
}

async function reruns(_: Folder, { runs, left_out: left }: Reruns): Promise<void> {
  const [first] = left;
  const rest = first === undefined ? '' : ` ${count(left.length, 'target')} left out: ${first.message}`;
  await say(runs.length + left.length === 0 ? 'Nothing is stale.' : `${count(runs.length, 'run')} started.${rest}`);
}

async function applied(_: Folder, { note }: Applied): Promise<void> {
  await say(note);
}

async function exported(_: Folder, { path }: { readonly path: string }): Promise<void> {
  if (await vscode.window.showInformationMessage(`Wrote ${path}.`, 'Open') !== undefined) {
    await vscode.window.showTextDocument(vscode.Uri.file(path));
  }
}

async function chosen(_: Folder, { target, source, path }: Linked): Promise<void> {
  await saveSettings(path);
  await say(`${shortName(target)} takes its examples from ${source} now: it is written in ${path}.`);
}

/** What was got is told by the server, source by source. */
async function got(_: Folder, { target, got: sources, count: examples }: Got): Promise<void> {
  if (sources.length === 0) {
    await say(`${shortName(target)} has ${count(examples, 'example')}, and there is nothing to get.`);
  }
}

async function cleared(_: Folder, { runs, cache_files: files }: Cleared): Promise<void> {
  await say(`Forgot ${count(runs, 'result')} and ${count(files, 'cached file')}. What was spent is still known.`);
}

/** The ledger as a list: by month, model and run. */
async function spending(folder: Folder, answer: Spending): Promise<void> {
  const by = async (group: string): Promise<Spending> => await folder.command('spend', { by: group }) as Spending;
  const groups = [
    ['By month', answer], ['By model', await by('model')], ['By role', await by('role')], ['By run', await by('run')],
  ] as const;
  const items: (vscode.QuickPickItem & { run?: string })[] = groups.flatMap(([label, { rows }]) => [
    { label, kind: vscode.QuickPickItemKind.Separator },
    ...rows.map((it) => ({
      label: it.dollars === null ? 'price unknown' : dollars(it.dollars),
      description: it.target === undefined ? it.name : `${shortName(it.target)} · ${it.name}`,
      detail: count(it.requests, 'request'),
      ...(it.target !== undefined && { run: it.name }),
    })),
  ]);
  const picked = await vscode.window.showQuickPick(
    answer.rows.length > 0 ? items : [{ label: 'Nothing was spent yet' }],
    { title: spentText(answer), placeHolder: 'What was spent', matchOnDescription: true },
  );
  if (picked !== undefined && 'run' in picked) {
    await vscode.commands.executeCommand(`${PREFIX}show`, { folder: folder.key, run: picked.run });
  }
}

async function say(message: string): Promise<void> {
  await vscode.window.showInformationMessage(message);
}

/** Opens a target's source; in a notebook, at its cell. */
export async function open(root: string, at: { path: string; line: number; cell: number | null }): Promise<void> {
  const uri = vscode.Uri.file(join(root, at.path));
  const line = Math.max(0, at.line - 1);
  if (at.cell === null) {
    await vscode.window.showTextDocument(uri, { selection: new vscode.Range(line, 0, line, 0) });
    return;
  }
  const notebook = await vscode.workspace.openNotebookDocument(uri);
  await vscode.window.showNotebookDocument(notebook, { selections: [new vscode.NotebookRange(at.cell, at.cell + 1)] });
}
