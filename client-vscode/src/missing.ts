/** What is said when the server is not there: one sentence, one action, once. */

import * as vscode from 'vscode';
import type { Installer } from './install';

type Again = () => Promise<void>;

export class Missing {
  private said = false;

  constructor(private readonly installer: Installer, private readonly output: vscode.LogOutputChannel) {}

  /** No server was found: offers to install the one that comes with the extension. */
  server(again: Again): void {
    void this.say('DSPy Lens has no server on this machine yet. It takes a minute to install, in an environment of its own.', {
      title: 'Install',
      act: async () => {
        if (await this.installer.install()) {
          await again();
        }
      },
    });
  }

  /** A server was found and did not start. */
  start(command: string, again: Again): void {
    void this.say(`The DSPy Lens server did not start: ${command} failed.`, {
      title: 'Show Log',
      act: () => {
        this.output.show();
        return Promise.resolve();
      },
    }, again);
  }

  gaveUp(again: Again): void {
    void this.say('The DSPy Lens server ended five times within three minutes.', { title: 'Start Again', act: again });
  }

  private async say(message: string, action: { title: string; act: Again }, again?: Again): Promise<void> {
    if (this.said) {
      return;
    }
    this.said = true;
    const titles = again === undefined ? [action.title] : [action.title, 'Try Again'];
    const choice = await vscode.window.showErrorMessage(message, ...titles);
    this.said = false;
    if (choice === action.title) {
      await action.act();
    } else if (choice !== undefined) {
      await again?.();
    }
  }
}
