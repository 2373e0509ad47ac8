/** What server and client say to each other beyond LSP; mirrors `server/dspy_lens/lsp/protocol.py`. */

export const CHANGED = 'dspyLens/changed';

export interface Changed {
  readonly targets: readonly string[];
  readonly runs: readonly string[];
}

export interface InitializationOptions {
  readonly client: 'vscode';
  readonly trusted: boolean;
  /** False: the client registers the commands itself, once for all folders. */
  readonly commands: false;
}

/** The server's commands, each with one object as its argument. */
export const COMMANDS = [
  'dspyLens.optimize',
  'dspyLens.optimizeWith',
  'dspyLens.evaluate',
  'dspyLens.rerun',
  'dspyLens.rerunStale',
  'dspyLens.cancel',
  'dspyLens.show',
  'dspyLens.compare',
  'dspyLens.preview',
  'dspyLens.apply',
  'dspyLens.export',
  'dspyLens.createExamples',
  'dspyLens.createMetric',
  'dspyLens.openExamples',
  'dspyLens.spend',
  'dspyLens.clear',
  'dspyLens.doctor',
  'dspyLens.trust',
] as const;

export interface Refusal {
  readonly refused: { readonly reason: string; readonly message: string };
}

export function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === 'object' && answer !== null && 'refused' in answer;
}
