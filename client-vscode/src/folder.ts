/** One workspace folder's language client, and what its server was last heard to say. */

import * as vscode from 'vscode';
import {
  CloseAction,
  CodeLensRequest,
  ErrorAction,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  State,
  TransportKind,
} from 'vscode-languageclient/node';
import { Backoff } from './backoff';
import type { Found } from './interpreter';
import { shown } from './lenses';
import { showComparison, showRun } from './page';
import type { Notifications } from './progress';
import {
  type Argument,
  CHANGED,
  COMPARED,
  type Changed,
  type CommandName,
  COMMANDS,
  forServer,
  type InitializationOptions,
  PREFIX,
} from './protocol';
import { showPage } from './result';
import type { Command } from './server';

// By name and not by language: an editor knows CSV, TSV and JSON lines only where another extension says so.
const DOCUMENTS = '**/*.{py,pyi,json,jsonl,ndjson,csv,tsv,yaml,yml,toml}';

export interface Around {
  readonly output: vscode.LogOutputChannel;
  readonly bars: Notifications;
  /** The server ended too often to be started again. */
  readonly gaveUp: (folder: Folder) => void;
}

export class Folder {
  readonly client: LanguageClient;
  readonly key: string;
  private readonly changes = new vscode.EventEmitter<Changed>();
  /** Fires when the server says that targets or runs changed, and when it was started again. */
  readonly onChanged = this.changes.event;
  private readonly backoff = new Backoff();

  constructor(
    readonly folder: vscode.WorkspaceFolder,
    private readonly found: Found & { readonly server: Command },
    private readonly around: Around,
  ) {
    this.key = folder.uri.toString();
    const options = { cwd: folder.uri.fsPath };
    this.client = new LanguageClient(
      'dspyLens',
      'DSPy Lens',
      { command: found.server.command, args: [...found.server.args], transport: TransportKind.stdio, options },
      this.options(),
    );
    this.client.onNotification(CHANGED, (changed: Changed) => {
      this.changes.fire(changed);
    });
    this.client.onNotification(COMPARED, ({ runs }: { readonly runs: readonly string[] }) => {
      void showComparison(this, runs);
    });
    this.client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) {
        this.changes.fire({ targets: [], runs: [] });
      }
    });
  }

  get name(): string {
    return this.folder.name;
  }

  /** Whether it was started with what is found by now. */
  isMadeOf(found: Found): boolean {
    return found.server?.command === this.found.server.command && found.interpreter === this.found.interpreter;
  }

  /** The commands that its server knows. */
  get commands(): readonly CommandName[] {
    const said = this.client.initializeResult?.capabilities.experimental as { commands?: string[] } | undefined;
    return COMMANDS.filter((it) => said?.commands?.includes(PREFIX + it) ?? false);
  }

  async start(): Promise<void> {
    await this.client.start();
    this.around.output.info(`${this.name}: the server runs (${this.client.initializeResult?.serverInfo?.version ?? 'unknown version'}).`);
  }

  async stop(): Promise<void> {
    this.changes.dispose();
    if (this.client.needsStop()) {
      await this.client.stop();
    }
    await this.client.dispose();
  }

  async command(name: CommandName, argument: Argument): Promise<unknown> {
    return this.client.sendRequest(ExecuteCommandRequest.type, { command: PREFIX + name, arguments: [forServer(argument)] });
  }

  async ask<T>(method: string, params: object = {}): Promise<T> {
    return this.client.sendRequest<T>(method, params);
  }

  /** Asks the editor to fetch the lenses again. */
  refreshLenses(): void {
    const feature = this.client.getFeature(CodeLensRequest.method);
    const providers = vscode.workspace.textDocuments.map((it) => feature.getProvider(it));
    for (const provider of new Set(providers)) {
      provider?.onDidChangeCodeLensEmitter.fire();
    }
  }

  private options(): LanguageClientOptions {
    const initialization: InitializationOptions = {
      client: 'vscode',
      trusted: vscode.workspace.isTrusted,
      commands: false,
      ...(this.found.interpreter !== undefined && { interpreter: this.found.interpreter }),
    };
    const baseUri = this.folder.uri.toString();
    return {
      documentSelector: [
        { scheme: 'file', pattern: { baseUri, pattern: DOCUMENTS } },
        { notebook: { notebookType: 'jupyter-notebook', scheme: 'file', pattern: { baseUri, pattern: '**/*.ipynb' } }, language: 'python' },
      ],
      workspaceFolder: this.folder,
      initializationOptions: initialization,
      outputChannel: this.around.output,
      middleware: this.middleware(),
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue }),
        closed: async () => this.closed(),
      },
      initializationFailedHandler: () => false,
    };
  }

  private async closed(): Promise<{ action: CloseAction; handled: boolean }> {
    this.around.bars.endAll(this.client);
    const delay = this.backoff.ended(Date.now());
    if (delay === undefined) {
      this.around.gaveUp(this);
      return { action: CloseAction.DoNotRestart, handled: true };
    }
    this.around.output.info(`${this.name}: the server went; it is started again in ${delay / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, delay));
    return { action: CloseAction.Restart, handled: true };
  }

  private middleware(): Middleware {
    return {
      handleWorkDoneProgress: this.around.bars.middleware(() => this.client),
      provideCodeLenses: async (document, token, next) => {
        const lenses = await next(document, token);
        return lenses?.length ? this.lensesFor(document, lenses) : lenses;
      },
      workspace: {
        handleApplyEdit: (params, next) => {
          if (Object.values(params.edit.changeAnnotations ?? {}).some((it) => it.needsConfirmation)) {
            void vscode.window.showInformationMessage('Tick what shall change in the refactor preview, then Apply.');
          }
          return next(params, new vscode.CancellationTokenSource().token);
        },
      },
      window: {
        showDocument: async (params, token, next) => {
          const uri = vscode.Uri.parse(params.uri);
          return await showRun(this, uri) || await showPage(uri) ? { success: true } : next(params, token);
        },
      },
    };
  }

  private lensesFor(document: vscode.TextDocument, lenses: vscode.CodeLens[]): vscode.CodeLens[] {
    const settings = vscode.workspace.getConfiguration('dspyLens.codeLens', document.uri);
    const left = settings.get<string[]>('exclude', []).map((it) => ({ pattern: new vscode.RelativePattern(this.folder, it) }));
    if (left.length > 0 && vscode.languages.match(left, document) > 0) {
      return [];
    }
    const found = shown(lenses, (kind) => settings.get<boolean>(kind, true));
    for (const it of found) {
      this.address(it);
    }
    return found;
  }

  /** Says in the argument which server a click is for: several folders may show lenses side by side. */
  private address(lens: vscode.CodeLens): void {
    if (lens.command !== undefined) {
      const [argument] = (lens.command.arguments ?? []) as Argument[];
      lens.command.arguments = [{ ...argument, folder: this.key }];
    }
  }
}
