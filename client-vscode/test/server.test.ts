import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverCommand } from '../src/server';

const nothing = { path: '', interpreter: '', pythonExtension: undefined, folder: '/repo', windows: false };

void test('the setting that names the server wins over everything found', () => {
  const found = serverCommand({ ...nothing, path: '/opt/dspy-lens', interpreter: '/py/bin/python' }, () => true);
  assert.deepEqual(found, { command: '/opt/dspy-lens', args: ['lsp'] });
});

void test('the server beside the chosen interpreter comes before the one of .venv', () => {
  const found = serverCommand({ ...nothing, interpreter: '/py/bin/python' }, () => true);
  assert.equal(found.command, '/py/bin/dspy-lens');
});

void test('an interpreter without a server is passed over for .venv', () => {
  const found = serverCommand({ ...nothing, pythonExtension: '/py/bin/python' }, (it) => it.startsWith('/repo/.venv'));
  assert.equal(found.command, '/repo/.venv/bin/dspy-lens');
});

void test('where nothing is found, PATH decides', () => {
  assert.equal(serverCommand(nothing, () => false).command, 'dspy-lens');
});
