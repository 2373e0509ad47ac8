/** Which lenses are shown: one setting for each kind, and globs of files that show none. */

export type LensKind = 'optimize' | 'stop' | 'create' | 'evaluate' | 'score';

const KINDS: Readonly<Record<string, LensKind>> = {
  'dspyLens.optimize': 'optimize',
  'dspyLens.cancel': 'stop',
  'dspyLens.createExamples': 'create',
  'dspyLens.evaluate': 'evaluate',
  'dspyLens.getExamples': 'create',
  'dspyLens.chooseExamples': 'create',
};

/** The kind of a lens by the command that a click sends; whatever opens details is about the score. */
export function kindOf(command: string): LensKind {
  return KINDS[command] ?? 'score';
}

interface Commanded {
  readonly command?: { readonly command: string } | undefined;
}

/** The lenses whose kind is switched on. */
export function shown<T extends Commanded>(lenses: readonly T[], isOn: (kind: LensKind) => boolean): T[] {
  return lenses.filter((it) => it.command === undefined || isOn(kindOf(it.command.command)));
}
