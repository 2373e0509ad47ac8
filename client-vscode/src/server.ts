/** Where the server is: a pure choice among what settings and the machine offer. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

export interface Offers {
  /** `dspyLens.path`, empty when it is not set. */
  readonly path: string;
  /** `dspyLens.interpreter`, empty when it is not set. */
  readonly interpreter: string;
  /** The Python extension's choice for this folder, when there is one. */
  readonly pythonExtension: string | undefined;
  readonly folder: string;
  readonly windows: boolean;
}

/** The command that starts the pump for one folder; the first offer that exists wins. */
export function serverCommand(offers: Offers, exists: (path: string) => boolean = existsSync): Command {
  if (offers.path !== '') {
    return { command: offers.path, args: ['lsp'] };
  }
  const bin = offers.windows ? 'Scripts' : 'bin';
  const name = offers.windows ? 'dspy-lens.exe' : 'dspy-lens';
  const interpreters = [offers.interpreter, offers.pythonExtension ?? ''].filter((it) => it !== '');
  const folders = [...interpreters.map((it) => join(it, '..')), join(offers.folder, '.venv', bin)];
  const found = folders.map((it) => join(it, name)).find((it) => exists(it));
  return { command: found ?? name, args: ['lsp'] };
}
