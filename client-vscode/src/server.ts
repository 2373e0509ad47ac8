/** Where the server is: a pure choice among what settings and the machine offer. */

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

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
  /** The folder whose `.venv` may be used; undefined where it is not trusted. */
  readonly folder: string | undefined;
  /** The private environment that the extension keeps. */
  readonly own: string;
  readonly searchPath: string;
  readonly windows: boolean;
}

/** The command that starts the pump for one folder: the first offer that exists, else undefined. */
export function serverCommand(offers: Offers, exists: (path: string) => boolean = existsSync): Command | undefined {
  if (offers.path !== '') {
    return { command: offers.path, args: ['lsp'] };
  }
  const found = candidates(offers).find((it) => exists(it));
  return found === undefined ? undefined : { command: found, args: ['lsp'] };
}

function candidates(offers: Offers): string[] {
  const bin = offers.windows ? 'Scripts' : 'bin';
  const name = offers.windows ? 'dspy-lens.exe' : 'dspy-lens';
  const beside = [offers.interpreter, offers.pythonExtension ?? ''].filter((it) => it !== '').map((it) => join(it, '..'));
  const inside = offers.folder === undefined ? [] : [join(offers.folder, '.venv', bin)];
  const onPath = offers.searchPath.split(delimiter).filter((it) => it.startsWith('/') || offers.windows);
  return [...beside, ...inside, ...onPath, join(offers.own, bin)].map((it) => join(it, name));
}
