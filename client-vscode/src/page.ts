/** Pages of runs in webviews: the server's own HTML as it is; a run's is made anew when it has ended. */

import * as vscode from 'vscode';
import { type Changed, isGoingOn, isRefusal, PAGE, type Page, type Refusal, RUNS, type Run, shortName } from './protocol';

const RUN = /\/pages\/(\d{8}-\d{6}-[0-9a-f]+)\.md$/;

/** The folder whose server made the run. */
export interface Source {
  readonly key: string;
  readonly onChanged: vscode.Event<Changed>;
  ask<T>(method: string, params?: object): Promise<T>;
}

const panels = new Map<string, vscode.WebviewPanel>();

/** Shows runs side by side. */
export async function showComparison(source: Source, runs: readonly string[]): Promise<void> {
  const html = await htmlOf(source, { runs });
  if (html !== undefined) {
    const key = `${source.key} ${runs.join(' ')}`;
    show(panels.get(key) ?? newPanel(key, 'Comparison'), html);
  }
}

/** Shows the run that a Markdown page of the server is about; false where it is about none. */
export async function showRun(source: Source, uri: vscode.Uri): Promise<boolean> {
  const run = RUN.exec(uri.path)?.[1];
  const html = run === undefined ? undefined : await htmlOf(source, { run });
  if (run === undefined || html === undefined) {
    return false;
  }
  const key = `${source.key} ${run}`;
  show(panels.get(key) ?? opened(source, run, key), html);
  return true;
}

function show(panel: vscode.WebviewPanel, html: string): void {
  panel.webview.html = html;
  panel.reveal();
}

async function htmlOf(source: Source, about: { run: string } | { runs: readonly string[] }): Promise<string | undefined> {
  const answer = await source.ask<Page | Refusal>(PAGE, about);
  return isRefusal(answer) ? undefined : answer.html;
}

function newPanel(key: string, title: string): vscode.WebviewPanel {
  // The page brings its own policy, which lets in its one script and nothing else.
  const options = { enableScripts: true, enableFindWidget: true, localResourceRoots: [] };
  const panel = vscode.window.createWebviewPanel('dspyLens.run', title, vscode.ViewColumn.Beside, options);
  panels.set(key, panel);
  panel.onDidDispose(() => panels.delete(key));
  return panel;
}

function opened(source: Source, run: string, key: string): vscode.WebviewPanel {
  const panel = newPanel(key, 'Result');
  const following = source.onChanged((changed) => {
    if (changed.runs.includes(run)) {
      void upToDate(source, run, panel, following);
    }
  });
  panel.onDidDispose(() => { following.dispose(); });
  void upToDate(source, run, panel, following);
  return panel;
}

/** Names the panel by its target; once the run has ended, shows how, and follows it no longer. */
async function upToDate(source: Source, run: string, panel: vscode.WebviewPanel, following: vscode.Disposable): Promise<void> {
  const { runs } = await source.ask<{ readonly runs: readonly Run[] }>(RUNS);
  const found = runs.find((it) => it.run === run);
  if (found === undefined || isGoingOn(found)) {
    return;
  }
  following.dispose();
  const html = await htmlOf(source, { run });
  if (html !== undefined && html !== panel.webview.html) {
    panel.webview.html = html;
  }
  panel.title = `Result of ${shortName(found.target)}`;
}
