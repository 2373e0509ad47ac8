/** The commands: registered once, completed by quick picks, sent to the folder they are for. */

import * as vscode from 'vscode';
import { tell } from './answers';
import { askMatch } from './chooseExamples';
import { askContenders } from './compareWith';
import type { Folder } from './folder';
import type { Folders } from './folders';
import { askHow } from './optimizeWith';
import type { Picks } from './picks';
import type { Waiting } from './progress';
import { type Argument, COMMANDS, type CommandName, hasResult, isGoingOn, isRefusal, PREFIX, type Refusal, type Run } from './protocol';
import { remedyFor, RUNNING, UNTRUSTED } from './refusals';
import { argumentOf } from './tree';

interface Addressed {
  readonly folder: Folder;
  readonly argument: Argument;
}

const OF_TARGETS: Partial<Record<CommandName, string>> = {
  optimize: 'Which one shall be optimized?',
  optimizeWith: 'Which one shall be optimized?',
  evaluate: 'Which one shall be evaluated?',
  compareWith: 'Whose optimizers shall be compared?',
  dryRun: 'Of which one shall three examples be asked?',
  preview: 'Whose prompt?',
  createExamples: 'Create examples for which one?',
  importExamples: 'Import examples for which one?',
  chooseExamples: 'Choose the examples of which one?',
  createMetric: 'Create a metric for which one?',
  openExamples: 'Whose examples?',
  getExamples: 'Whose examples?',
};

interface OfRuns {
  readonly ask: string;
  readonly fits: (run: Run) => boolean;
  readonly none: string;
}

const OF_RUNS: Partial<Record<CommandName, OfRuns>> = {
  cancel: { ask: 'Which run shall stop?', fits: isGoingOn, none: 'No run is going on.' },
  show: { ask: 'Which run?', fits: () => true, none: 'There is no run yet. Optimize a signature first.' },
  apply: { ask: 'Which result shall be applied?', fits: hasResult, none: 'There is no result yet. Optimize a signature first.' },
  export: { ask: 'Which program shall be exported?', fits: hasResult, none: 'There is no result yet. Optimize a signature first.' },
};

export class Commands {
  constructor(private readonly folders: Folders, private readonly picks: Picks, private readonly waiting: Waiting) {}

  register(): vscode.Disposable {
    return vscode.Disposable.from(...COMMANDS.map((name) =>
      vscode.commands.registerCommand(PREFIX + name, (given: unknown) => this.runSafely(name, argumentFrom(given)))));
  }

  /** What the server answered; undefined when a question was closed. */
  async run(name: CommandName, given: Argument): Promise<unknown> {
    if (RUNNING.has(name) && !vscode.workspace.isTrusted) {
      return this.refuse(name, given, { refused: UNTRUSTED });
    }
    const addressed = await this.complete(name, given);
    if (addressed === undefined) {
      return undefined;
    }
    const { folder, argument } = addressed;
    const ask = (): Promise<unknown> => folder.command(name, argument);
    const answer = await (RUNNING.has(name) ? this.waiting.during(ask) : ask());
    if (isRefusal(answer)) {
      return this.refuse(name, { ...argument, folder: folder.key }, answer);
    }
    runsOf(answer).forEach((it) => { this.waiting.add(it); });
    void tell(name, folder, answer);
    return answer;
  }

  /** The same; what goes wrong is told, with the log at hand. */
  private async runSafely(name: CommandName, given: Argument): Promise<unknown> {
    try {
      return await this.run(name, given);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      void vscode.window.showErrorMessage(`DSPy Lens could not do that: ${reason}`, 'Show Log').then((picked) =>
        picked && vscode.commands.executeCommand(`${PREFIX}showLog`));
      return undefined;
    }
  }

  /** The folder and the whole argument, asking for what is missing. */
  private async complete(name: CommandName, given: Argument): Promise<Addressed | undefined> {
    const addressed = await this.address(name, given);
    const ask = name === 'optimizeWith' && given['optimizer'] === undefined ? askHow
      : name === 'compareWith' && given['optimizers'] === undefined && given['models'] === undefined ? askContenders
      : name === 'chooseExamples' && given['source'] === undefined ? askMatch : undefined;
    if (addressed === undefined || ask === undefined) {
      return addressed;
    }
    const argument = await ask(addressed.folder, addressed.argument);
    return argument === undefined ? undefined : { folder: addressed.folder, argument };
  }

  private async address(name: CommandName, given: Argument): Promise<Addressed | undefined> {
    const ofTargets = OF_TARGETS[name];
    const ofRuns = OF_RUNS[name];
    if (ofTargets !== undefined && given.target === undefined) {
      const chosen = await this.picks.target(ofTargets);
      return chosen && { folder: chosen.folder, argument: { ...given, target: chosen.it.name } };
    }
    if (ofRuns !== undefined && given.run === undefined && given.target === undefined) {
      const chosen = await this.picks.run(ofRuns.ask, ofRuns.fits, ofRuns.none);
      return chosen && { folder: chosen.folder, argument: { ...given, run: chosen.it.run } };
    }
    if (name === 'compare' && given['runs'] === undefined) {
      const [first, ...others] = await this.picks.runs('Which runs shall be compared?') ?? [];
      return first && { folder: first.folder, argument: { runs: [first, ...others].map((it) => it.it.run) } };
    }
    const folder = this.folders.folderFor(given) ?? await this.picks.folder();
    return folder && { folder, argument: given };
  }

  /** Says why nothing happened, with the one action that helps. */
  private refuse(name: CommandName, given: Argument, answer: Refusal): Refusal {
    if (answer.refused.reason !== 'declined') {
      // Not awaited: the command has its answer, whatever becomes of the message.
      void this.help(name, given, answer.refused);
    }
    return answer;
  }

  private async help(name: CommandName, given: Argument, refused: Refusal['refused']): Promise<void> {
    const remedy = remedyFor(refused);
    const titles = remedy === undefined ? [] : [remedy.title];
    const picked = await vscode.window.showWarningMessage(refused.message, ...titles);
    if (picked === undefined || remedy === undefined) {
      return;
    }
    switch (remedy.kind) {
      case 'command':
        await this.run(remedy.command, { ...(given.folder && { folder: given.folder }), ...(given.target && { target: given.target }) });
        break;
      case 'editor':
        await vscode.commands.executeCommand(remedy.command);
        break;
      case 'terminal':
        this.type(given, remedy.text);
        break;
      case 'save':
        await vscode.workspace.saveAll(false);
        await this.run(name, given);
    }
  }

  /** Types a command into a terminal of the folder; to run it is left to the user. */
  private type(given: Argument, text: string): void {
    const cwd = this.folders.folderFor(given)?.folder.uri;
    const terminal = vscode.window.createTerminal({ name: 'DSPy Lens', ...(cwd && { cwd }) });
    terminal.show();
    terminal.sendText(text, false);
  }
}

interface Begun { readonly run: string; readonly stored: boolean }

/** The runs that an answer says were started. */
function runsOf(answer: unknown): readonly string[] {
  const said = answer as { run?: string; stored?: boolean; runs?: readonly (string | Begun)[]; left_out?: unknown } | null;
  if (said?.left_out !== undefined) {
    return (said.runs ?? []).flatMap((it) => typeof it === 'string' ? [it] : it.stored ? [] : [it.run]);
  }
  return said?.stored === false && said.run !== undefined ? [said.run] : [];
}

/** Commands come from lenses with an object, from the side bar with a node, from the palette with nothing. */
function argumentFrom(given: unknown): Argument {
  return argumentOf(given) ?? (typeof given === 'object' && given !== null && !Array.isArray(given) ? given as Argument : {});
}
