/** Cancellable progress as a notification with Cancel; the language client alone would put it into the status bar. */

import * as vscode from 'vscode';
import {
  type BaseLanguageClient,
  type ProgressToken,
  type WorkDoneProgressBegin,
  WorkDoneProgressCancelNotification,
  type WorkDoneProgressEnd,
  type WorkDoneProgressReport,
} from 'vscode-languageclient/node';

type Step = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;
type Next = (token: ProgressToken, step: Step) => void;

interface Shown {
  report(step: WorkDoneProgressReport): void;
  end(): void;
}

/** A middleware for one client; `client` is asked late, since the client is made with the middleware. */
export function notifications(client: () => BaseLanguageClient | undefined): (token: ProgressToken, step: Step, next: Next) => void {
  const shown = new Map<ProgressToken, Shown>();
  return (token, step, next) => {
    if (step.kind === 'begin' && step.cancellable === true) {
      show(token, step, shown, () => void client()?.sendNotification(WorkDoneProgressCancelNotification.type, { token }));
      return;
    }
    const own = shown.get(token);
    if (own === undefined) {
      next(token, step);
    } else if (step.kind === 'report') {
      own.report(step);
    } else if (step.kind === 'end') {
      own.end();
    }
  };
}

function show(token: ProgressToken, begin: WorkDoneProgressBegin, shown: Map<ProgressToken, Shown>, cancel: () => void): void {
  const options = { location: vscode.ProgressLocation.Notification, title: begin.title, cancellable: true };
  void vscode.window.withProgress(options, (progress, cancellation) => new Promise<void>((resolve) => {
    let seen = 0;
    cancellation.onCancellationRequested(cancel);
    shown.set(token, {
      report(step) {
        const increment = step.percentage === undefined ? 0 : step.percentage - seen;
        seen += increment;
        progress.report(step.message === undefined ? { increment } : { message: step.message, increment });
      },
      end() {
        shown.delete(token);
        resolve();
      },
    });
  }));
}
