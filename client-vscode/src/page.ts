/** A run's page in a webview: the server's own HTML as it is, made anew when a run that went on has ended. */

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

/** Shows the run that a Markdown page of the server is about; false where it is about none. */
export async function showRun(source: Source, uri: vscode.Uri): Promise<boolean> {
  const run = RUN.exec(uri.path)?.[1];
  const html = run === undefined ? undefined : await htmlOf(source, run);
  if (run === undefined || html === undefined) {
    return false;
  }
  const key = `${source.key} ${run}`;
  const panel = panels.get(key) ?? opened(source, run, key);
  panel.webview.html = html;
  panel.reveal();
  return true;
}

async function htmlOf(source: Source, run: string): Promise<string | undefined> {
  const answer = await source.ask<Page | Refusal>(PAGE, { run });
  return isRefusal(answer) ? undefined : answer.html;
}

function opened(source: Source, run: string, key: string): vscode.WebviewPanel {
  // The page brings its own policy, which lets in its one script and nothing else.
  const options = { enableScripts: true, enableFindWidget: true, localResourceRoots: [] };
  const panel = vscode.window.createWebviewPanel('dspyLens.run', 'Result', vscode.ViewColumn.Beside, options);
  panels.set(key, panel);
  const following = source.onChanged((changed) => {
    if (changed.runs.includes(run)) {
      void upToDate(source, run, panel, following);
    }
  });
  panel.onDidDispose(() => {
    panels.delete(key);
    following.dispose();
  });
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
  const html = await htmlOf(source, run);
  if (html !== undefined && html !== panel.webview.html) {
    panel.webview.html = html;
  }
  panel.title = `Result of ${shortName(found.target)}`;
}
