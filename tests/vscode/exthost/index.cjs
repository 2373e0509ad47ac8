// Tests through the `vscode` API: three folders, two of which use DSPy.
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { existsSync, readFileSync, realpathSync } = require('node:fs');
const { join } = require('node:path');
const vscode = require('vscode');

const DEADLINE = 30_000;

/** Runs all tests in order; says each that passed, and raises what the first that fails does. */
exports.run = async function run(say) {
  const [alpha, beta] = vscode.workspace.workspaceFolders;
  const extension = vscode.extensions.getExtension('dspy-lens.dspy-lens');
  const first = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(alpha.uri, 'first.py'));
  const second = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(beta.uri, 'second.py'));
  await vscode.window.showTextDocument(first);
  for (const [sentence, test] of tests(extension, { alpha, beta, first, second })) {
    try {
      await test();
    } catch (error) {
      say(`FAILED ${sentence}`);
      throw error;
    }
    say(sentence);
  }
};

function tests(extension, { alpha, beta, first, second }) {
  return [
    ['the extension starts, with one server for each folder that uses DSPy', async () => {
      await extension.activate();
      await lenses(first, /no score yet/);
      await lenses(second, /no score yet/);
      assert.equal(daemons(alpha, beta).length, 2);
    }],

    ['every command of the palette is one that the server knows, or our own', async () => {
      const registered = (await vscode.commands.getCommands(true)).filter((it) => it.startsWith('dspyLens.'));
      const contributed = extension.packageJSON.contributes.commands.map((it) => it.command);
      assert.deepEqual(contributed.filter((it) => !registered.includes(it)), []);
    }],

    ['a lens names the folder that it belongs to', async () => {
      const [one] = await lenses(second, /Optimize/);
      assert.equal(one.command.arguments[0].folder, beta.uri.toString());
    }],

    ['a run of the second folder is its own, though the first is in front', async () => {
      const [one] = await lenses(second, /Optimize/);
      const answer = await vscode.commands.executeCommand(one.command.command, ...one.command.arguments);
      assert.equal(answer.target, 'second:Second');
      assert.equal(answer.stored, false);
      await lenses(second, /held-out|no score · /);
      await lenses(first, /no score yet/);
    }],

    ['the same again is answered from the store', async () => {
      const answer = await vscode.commands.executeCommand('dspyLens.optimize', { target: 'second:Second', folder: beta.uri.toString() });
      assert.equal(answer.stored, true);
    }],

    ['the hover shows the result in Markdown', async () => {
      const line = second.getText().split('\n').findIndex((it) => it.startsWith('class Second'));
      const hovers = await vscode.commands.executeCommand('vscode.executeHoverProvider', second.uri, new vscode.Position(line, 8));
      assert.match(hovers.flatMap((it) => it.contents).map((it) => it.value).join('\n'), /practice model/);
    }],

    ['evaluating leaves instructions and program alone', async () => {
      const answer = await vscode.commands.executeCommand('dspyLens.evaluate', { target: 'first:First', folder: alpha.uri.toString() });
      assert.equal(answer.target, 'first:First');
      await lenses(first, /% held-out/);
    }],

    ['the records of a CSV file are marked, though no language is known for it', async () => {
      const rows = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(beta.uri, 'data', 'moods.csv'));
      assert.equal(rows.languageId, 'plaintext');
      await lenses(rows, /Examples of Second · 30 examples · \d+ of 9 held-out right/);
      const whole = new vscode.Range(0, 0, rows.lineCount, 0);
      const hints = await vscode.commands.executeCommand('vscode.executeInlayHintProvider', rows.uri, whole);
      const marks = hints.filter((it) => /^[✓✗≈]/.test(it.label));
      assert.equal(marks.length, 9);
      const hovers = await vscode.commands.executeCommand('vscode.executeHoverProvider', rows.uri, marks[0].position);
      assert.match(hovers.flatMap((it) => it.contents).map((it) => it.value).join('\n'), /expected/);
    }],

    ['a signature in a cell of a notebook has its lenses and hover there', async () => {
      const notebook = await vscode.workspace.openNotebookDocument(vscode.Uri.joinPath(alpha.uri, 'third.ipynb'));
      await vscode.window.showNotebookDocument(notebook);
      const { document } = notebook.cellAt(1);
      const line = document.getText().split('\n').findIndex((it) => it.startsWith('class Third'));
      const [one] = await lenses(document, /30 examples/, (all) => all.length === 2);
      assert.equal(one.range.start.line, line);
      assert.equal(one.command.arguments[0].target, 'third.ipynb:Third');
      const hovers = await vscode.commands.executeCommand('vscode.executeHoverProvider', document.uri, new vscode.Position(line, 8));
      assert.match(hovers.flatMap((it) => it.contents).map((it) => it.value).join('\n'), /Third: sentence: str/);
      await vscode.window.showTextDocument(first);
    }],

    ['a refusal comes back as the answer', async () => {
      const answer = await vscode.commands.executeCommand('dspyLens.optimize', { target: 'first:Nothing', folder: alpha.uri.toString() });
      assert.equal(answer.refused.reason, 'missing');
    }],

    ['unsaved changes are refused, since a run is made of saved files', async () => {
      const edit = new vscode.WorkspaceEdit();
      edit.insert(first.uri, new vscode.Position(first.lineCount, 0), '\n# a note\n');
      await vscode.workspace.applyEdit(edit);
      const answer = await vscode.commands.executeCommand('dspyLens.optimize', { target: 'first:First', folder: alpha.uri.toString() });
      assert.equal(answer.refused.reason, 'unsaved');
      await first.save();
    }],

    ['an edit moves the lenses at once', async () => {
      const edit = new vscode.WorkspaceEdit();
      edit.insert(first.uri, new vscode.Position(0, 0), '# one line more\n');
      await vscode.workspace.applyEdit(edit);
      const line = first.getText().split('\n').findIndex((it) => it.startsWith('class First'));
      const [one] = await lenses(first, /./, (all) => all.length === 2 && all.every((it) => it.range.start.line === line));
      assert.equal(one.range.start.line, line);
      await vscode.commands.executeCommand('undo');
    }],

    ['a kind of lens can be switched off, and files left out', async () => {
      const settings = vscode.workspace.getConfiguration('dspyLens.codeLens', second.uri);
      await settings.update('score', false, vscode.ConfigurationTarget.Workspace);
      await lenses(second, /./, (all) => all.length === 1);
      await settings.update('score', undefined, vscode.ConfigurationTarget.Workspace);
      await settings.update('exclude', ['second*.py'], vscode.ConfigurationTarget.Workspace);
      await lenses(second, /./, (all) => all.length === 0);
      await settings.update('exclude', undefined, vscode.ConfigurationTarget.Workspace);
      await lenses(second, /./, (all) => all.length === 2);
    }],

    ['export writes the program where the answer says', async () => {
      const answer = await vscode.commands.executeCommand('dspyLens.export', { target: 'second:Second', folder: beta.uri.toString() });
      assert.ok(existsSync(answer.path) && answer.path.startsWith(beta.uri.fsPath));
    }],

    ['examples and metric skeletons are created and opened', async () => {
      const answer = await vscode.commands.executeCommand('dspyLens.createMetric', { target: 'first:First', folder: alpha.uri.toString() });
      assert.ok(existsSync(join(alpha.uri.fsPath, answer.path)));
      await until(() => vscode.window.activeTextEditor?.document.uri.path.endsWith(answer.path));
    }],

    ['show answers with the run, its trials and held-out answers', async () => {
      const answer = await vscode.commands.executeCommand('dspyLens.show', { target: 'second:Second', folder: beta.uri.toString() });
      assert.equal(answer.target, 'second:Second');
      assert.ok(answer.held_out.length > 0);
    }],

    ['spending and doctor answer without an argument', async () => {
      const spent = await vscode.commands.executeCommand('dspyLens.spend', { folder: alpha.uri.toString() });
      assert.deepEqual([spent.by, spent.this_month, spent.currency], ['month', 0, 'USD']);
      assert.ok(Array.isArray(spent.rows));
      await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
      assert.ok(Array.isArray((await vscode.commands.executeCommand('dspyLens.doctor', { folder: alpha.uri.toString() })).checks));
    }],

    ['a killed server comes back, and the lenses with it', async () => {
      const [killed, ...others] = daemons(beta);
      assert.equal(others.length, 0);
      process.kill(killed, 'SIGKILL');
      await until(() => daemons(beta).some((it) => it !== killed));
      await lenses(second, /% held-out|no score · /);
    }],

    ['a folder that is closed loses its server, and the others keep theirs', async () => {
      const at = vscode.workspace.workspaceFolders.findIndex((it) => it.name === 'gamma');
      vscode.workspace.updateWorkspaceFolders(at, 1);
      await until(() => vscode.workspace.workspaceFolders.length === 2);
      await lenses(second, /% held-out|no score · /);
    }],
  ];
}

/** Our lenses of a document, once one of them fits and all fulfil the condition. */
async function lenses(document, text, condition = () => true) {
  return until(async () => {
    const all = (await vscode.commands.executeCommand('vscode.executeCodeLensProvider', document.uri, 99))
      .filter((it) => it.command?.command.startsWith('dspyLens.'));
    const fits = all.length === 0 ? condition(all) && text.source === '.' : all.some((it) => text.test(it.command.title));
    return fits && condition(all) ? all : undefined;
  }, () => `lenses of ${document.uri.path}`);
}

/** Asks again whenever lenses or documents may have changed, and four times a second besides. */
async function until(ask, what = () => String(ask)) {
  const end = Date.now() + DEADLINE;
  for (;;) {
    const found = await ask();
    if (found) {
      return found;
    }
    if (Date.now() > end) {
      throw new Error(`Waited in vain for ${what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** The processes of the daemons of two folders, as they say in their state folders. */
function daemons(...folders) {
  return folders.map((it) => {
    const short = createHash('sha256').update(realpathSync(it.uri.fsPath)).digest('hex').slice(0, 12);
    const place = join(process.env.DSPY_LENS_STATE, short, 'daemon.json');
    return existsSync(place) ? JSON.parse(readFileSync(place, 'utf-8')).pid : undefined;
  }).filter((it) => it !== undefined);
}
