/** Progress of runs: a notification with Cancel for whoever started them, the status bar for all others. */

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
  readonly owner: BaseLanguageClient;
  report(step: WorkDoneProgressReport): void;
  end(): void;
}

const TOKEN = 'dspy-lens/'; // the server names a bar after its run
const KEPT = 'dspyLens.waiting';

/** Which runs this window waits for; remembered, so that a reloaded window goes on showing them. */
export class Waiting {
  private readonly runs: Set<string>;
  private asking = 0;

  constructor(private readonly memory: vscode.Memento) {
    this.runs = new Set(memory.get<string[]>(KEPT, []));
  }

  /** While something that may start a run is asked for, its bar may begin before the answer names it. */
  async during<T>(ask: () => Promise<T>): Promise<T> {
    this.asking += 1;
    try {
      return await ask();
    } finally {
      this.asking -= 1;
    }
  }

  has(run: string): boolean {
    return this.asking > 0 || this.runs.has(run);
  }

  add(run: string): void {
    this.runs.add(run);
    this.keep();
  }

  remove(run: string): void {
    if (this.runs.delete(run)) {
      this.keep();
    }
  }

  private keep(): void {
    void this.memory.update(KEPT, [...this.runs]);
  }
}

/** The bars of all folders; two folders of one repository hear of the same run, which is shown once. */
export class Notifications {
  private readonly shown = new Map<ProgressToken, Shown>();

  constructor(private readonly waiting: Waiting) {}

  /** A middleware for one client; `client` is asked late, since the client is made with the middleware. */
  middleware(client: () => BaseLanguageClient): (token: ProgressToken, step: Step, next: Next) => void {
    return (token, step, next) => {
      const run = typeof token === 'string' && token.startsWith(TOKEN) ? token.slice(TOKEN.length) : undefined;
      if (run === undefined) {
        next(token, step);
      } else if (step.kind === 'begin') {
        this.begin(token, run, step, client());
      } else if (step.kind === 'report') {
        this.shown.get(token)?.report(step);
      } else {
        this.waiting.remove(run);
        this.end(token);
      }
    };
  }

  /** Ends what a server that went can no longer end; the next one begins it anew. */
  endAll(owner: BaseLanguageClient): void {
    for (const [token, it] of [...this.shown]) {
      if (it.owner === owner) {
        this.end(token);
      }
    }
  }

  private end(token: ProgressToken): void {
    this.shown.get(token)?.end();
    this.shown.delete(token);
  }

  private begin(token: ProgressToken, run: string, begin: WorkDoneProgressBegin, owner: BaseLanguageClient): void {
    if (this.shown.has(token) || !this.waiting.has(run)) {
      return;
    }
    this.waiting.add(run);
    const options = { location: vscode.ProgressLocation.Notification, title: begin.title, cancellable: true };
    void vscode.window.withProgress(options, (progress, cancellation) => new Promise<void>((resolve) => {
      let seen = 0;
      const report = (step: { message?: string; percentage?: number }): void => {
        const increment = Math.max(0, (step.percentage ?? seen) - seen);
        seen += increment;
        progress.report(step.message === undefined ? { increment } : { message: step.message, increment });
      };
      cancellation.onCancellationRequested(() => owner.sendNotification(WorkDoneProgressCancelNotification.type, { token }));
      report(begin);
      this.shown.set(token, { owner, report, end: resolve });
    }));
  }
}
