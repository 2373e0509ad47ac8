import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absolute } from '../src/places';
import { type Offers, serverCommand } from '../src/server';

const nothing: Offers = {
  path: '', interpreter: '', pythonExtension: undefined, folder: '/repo', own: '/storage/server', searchPath: '/usr/bin', windows: false,
};

function found(offers: Partial<Offers>, exists: (path: string) => boolean): string | undefined {
  return serverCommand({ ...nothing, ...offers }, exists)?.command;
}

void test('the setting that names the server wins over everything found', () => {
  const command = serverCommand({ ...nothing, path: '/opt/dspy-lens', interpreter: '/py/bin/python' }, () => true);
  assert.deepEqual(command, { command: '/opt/dspy-lens', args: ['lsp'] });
});

void test('the server beside the chosen interpreter comes before the one of .venv', () => {
  assert.equal(found({ interpreter: '/py/bin/python' }, () => true), '/py/bin/dspy-lens');
});

void test('an interpreter without a server is passed over for .venv', () => {
  assert.equal(found({ pythonExtension: '/py/bin/python' }, (it) => it.startsWith('/repo/.venv')), '/repo/.venv/bin/dspy-lens');
});

void test('without one in the project, PATH decides, and then the environment of the extension', () => {
  assert.equal(found({}, (it) => it.startsWith('/usr')), '/usr/bin/dspy-lens');
  assert.equal(found({}, (it) => it.startsWith('/storage')), '/storage/server/bin/dspy-lens');
});

void test('nothing inside of an untrusted folder is started, nor what PATH says relative to it', () => {
  const inFolder = (it: string): boolean => it.startsWith('/repo') || !it.startsWith('/');
  assert.equal(found({ folder: undefined, searchPath: '.:bin' }, inFolder), undefined);
});

void test('on Windows the server lies in Scripts', () => {
  const command = found({ windows: true, searchPath: '' }, (it) => it.includes('.venv'));
  assert.match(command ?? '', /Scripts.dspy-lens\.exe$/);
});

void test('paths in settings may start at home, at the folder, or be names that PATH finds', () => {
  const paths = ['', 'python3', '~/env/bin/python', '${workspaceFolder}/x', 'env/bin/python', '/usr/bin/python3'];
  assert.deepEqual(paths.map((it) => absolute(it, '/repo', '/home/me')), [
    '', 'python3', '/home/me/env/bin/python', '/repo/x', '/repo/env/bin/python', '/usr/bin/python3',
  ]);
});
