/** Whether a folder uses DSPy: looks at dependencies first, then at code, and stops at the first sign. */

const MENTION = /(^|[^\w-])dspy($|[^\w-])/;

export const DEPENDENCIES = '{pyproject.toml,dspy-lens.toml,requirements*.txt,setup.py,setup.cfg,Pipfile,environment.y*ml}';
export const CODE = '**/*.{py,ipynb}';
export const NOT_CODE = '**/{.venv,venv,.git,node_modules,site-packages,build,dist,__pycache__}/**';
export const MOST = 4000;
const AT_ONCE = 32;

/** Whether a text speaks of the package `dspy`, and not of one whose name only contains it. */
export function mentionsDspy(text: string): boolean {
  return MENTION.test(text);
}

/** Whether any of the files does; reads a few at a time. */
export async function anyMentions<T>(files: readonly T[], read: (file: T) => Promise<string>): Promise<boolean> {
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const texts = await Promise.all(files.slice(at, at + AT_ONCE).map(read));
    if (texts.some(mentionsDspy)) {
      return true;
    }
  }
  return false;
}
