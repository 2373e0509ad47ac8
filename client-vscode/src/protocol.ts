/** What server and client say to each other beyond LSP; mirrors `server/dspy_lens/lsp/protocol.py`. */

export const CHANGED = 'dspyLens/changed';
export const COMPARED = 'dspyLens/compared';
export const TARGETS = 'dspyLens/targets';
export const RUNS = 'dspyLens/runs';
export const PAGE = 'dspyLens/page';
export const ESTIMATE = 'dspyLens/estimate';
export const CHOICES = 'dspyLens/choices';
export const MATCHES = 'dspyLens/matches';
export const OPTIMIZERS = 'dspyLens/optimizers';

export interface Changed {
  readonly targets: readonly string[];
  readonly runs: readonly string[];
}

export interface InitializationOptions {
  readonly client: 'vscode';
  readonly trusted: boolean;
  /** False: the client registers the commands itself, once for all folders. */
  readonly commands: false;
  /** The Python for the user's code, where the user has chosen one. */
  readonly interpreter?: string;
}

export type StandingName = 'never' | 'running' | 'fresh' | 'applied' | 'stale' | 'failed';

export interface Target {
  readonly name: string;
  readonly kind: 'class' | 'string' | 'program';
  readonly path: string;
  readonly line: number;
  readonly end_line: number;
  readonly cell: number | null;
  readonly standing: StandingName;
  /** What its two lenses say: what could be done, and what is known. */
  readonly offer: string;
  readonly text: string;
}

export type RunState = 'queued' | 'running' | 'succeeded' | 'stopped' | 'failed' | 'lost';

export interface Run {
  readonly run: string;
  readonly target: string;
  readonly verb: 'optimize' | 'evaluate';
  readonly state: RunState;
  readonly optimizer: string;
  readonly models: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A run, or several side by side, as one self-contained page of HTML. */
export interface Page {
  readonly html: string;
}

/** An optimizer that works for a target, with those of its parameters that are not the defaults. */
export interface Choice {
  /** What comparisons take and lists show: `miprov2 auto=heavy`. */
  readonly contender: string;
  readonly optimizer: string;
  readonly given: Readonly<Record<string, unknown>>;
  readonly roles: readonly ('cheapest' | 'recommended' | 'strongest')[];
  readonly estimate: Estimate;
  readonly text: string;
}

/** An optimizer that does not work for a target, and why. */
export interface LeftOut {
  readonly optimizer: string;
  readonly message: string;
}

export interface Choices {
  readonly choices: readonly Choice[];
  readonly left_out: readonly LeftOut[];
}

/** A file that may hold a target's examples, with its columns as they would be mapped. */
export interface Match {
  readonly source: string;
  /** The rule that takes it now; null where none does. */
  readonly rule: string | null;
  /** Whether every input has a column. */
  readonly fits: boolean;
  readonly map: Readonly<Record<string, string>>;
  readonly text: string;
  readonly detail: string;
}

export interface Optimizer {
  readonly name: string;
  readonly summary: string;
}

export interface Estimate {
  readonly target: string;
  readonly model: string | null;
  readonly dollars: { readonly high: number } | null;
  readonly text: string;
}

/** US dollars; `budget` is that of the settings, with what its period may still spend. */
export interface Spending {
  readonly this_month: number;
  readonly budget: { readonly dollars: number; readonly per: string; readonly left: number } | null;
  readonly rows: readonly SpendingRow[];
}

export interface SpendingRow {
  readonly name: string;
  readonly target?: string;
  readonly requests: number;
  readonly dollars: number | null;
}

export interface Refusal {
  /** `fix` is the shell command that mends it, where one does. */
  readonly refused: { readonly reason: string; readonly message: string; readonly fix?: string };
}

/** What a command takes; `folder` is ours, and says which server it is for. */
export interface Argument {
  readonly folder?: string;
  readonly target?: string;
  readonly run?: string;
  readonly [key: string]: unknown;
}

/** The server's commands without their prefix, each with one object as its argument. */
export const COMMANDS = [
  'optimize',
  'optimizeWith',
  'evaluate',
  'dryRun',
  'rerun',
  'rerunStale',
  'cancel',
  'show',
  'compare',
  'compareWith',
  'preview',
  'apply',
  'export',
  'createExamples',
  'importExamples',
  'chooseExamples',
  'createMetric',
  'openExamples',
  'getExamples',
  'spend',
  'clear',
  'doctor',
  'install',
  'trust',
] as const;

export type CommandName = (typeof COMMANDS)[number];

export const PREFIX = 'dspyLens.';

export function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === 'object' && answer !== null && 'refused' in answer;
}

/** The argument without what is ours. */
export function forServer(argument: Argument): Argument {
  return Object.fromEntries(Object.entries(argument).filter(([name]) => name !== 'folder'));
}

export function isGoingOn(run: Run): boolean {
  return run.state === 'queued' || run.state === 'running';
}

export function hasResult(run: Run): boolean {
  return run.state === 'succeeded' || run.state === 'stopped';
}

/** `HistoricEvent` of `app.events:HistoricEvent`. */
export function shortName(target: string): string {
  return target.slice(target.indexOf(':') + 1);
}
