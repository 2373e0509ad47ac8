import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../src/backoff';
import { count, dollars, spentText, statusText } from '../src/format';
import { kindOf, shown } from '../src/lenses';
import { capOf, CAPS, choicesOf, offered } from '../src/offers';
import { matched } from '../src/matches';
import { nearest } from '../src/order';
import { type Choice, forServer, hasResult, isGoingOn, isRefusal, type Match, type Run, shortName } from '../src/protocol';
import { remedyFor, RUNNING } from '../src/refusals';
import { anyMentions, mentionsDspy } from '../src/usage';

const run: Run = {
  run: '7', target: 'app.events:HistoricEvent', verb: 'optimize', state: 'running', optimizer: 'miprov2', models: {}, text: 'trial 4/10 · best 78 %',
};

void test('a server that goes is started at once, then later and later, and after five times not any more', () => {
  const backoff = new Backoff();
  const delays = [0, 1, 2, 3, 4, 5].map((it) => backoff.ended(it));
  assert.deepEqual(delays, [0, 1_000, 3_000, 8_000, 20_000, undefined]);
});

void test('a server that ran for long is started at once again', () => {
  const backoff = new Backoff();
  backoff.ended(0);
  backoff.ended(1);
  assert.equal(backoff.ended(200_000), 0);
});

void test('each kind of lens can be switched off alone', () => {
  const lenses = ['dspyLens.optimize', 'dspyLens.show', 'dspyLens.cancel', 'dspyLens.createExamples', 'dspyLens.openExamples']
    .map((command) => ({ command: { command } }));
  const without = (off: string): string[] => shown(lenses, (kind) => kind !== off).map((it) => it.command.command);
  assert.deepEqual(without('score'), ['dspyLens.optimize', 'dspyLens.cancel', 'dspyLens.createExamples']);
  assert.ok(!without('optimize').includes('dspyLens.optimize'));
  assert.ok(!without('stop').includes('dspyLens.cancel'));
  assert.equal(kindOf('dspyLens.createExamples'), 'create');
  assert.equal(kindOf('dspyLens.evaluate'), 'evaluate');
});

void test('a folder uses DSPy when its dependencies or code name it, and not a package whose name contains it', () => {
  assert.ok(mentionsDspy('dependencies = ["dspy>=3"]'));
  assert.ok(mentionsDspy('import dspy as d'));
  assert.ok(!mentionsDspy('import mydspy'));
  assert.ok(!mentionsDspy('dspy-lens = 1'));
  assert.ok(!mentionsDspy('dspython'));
});

void test('reading stops soon after the first file that names it', async () => {
  let read = 0;
  const files = Array.from({ length: 1000 }, (_, at) => at);
  assert.ok(await anyMentions(files, (at) => {
    read += 1;
    return Promise.resolve(at === 3 ? 'import dspy' : '');
  }));
  assert.ok(read < 100);
});

void test('the status bar tells targets at rest, and the run that goes on', () => {
  assert.equal(statusText(3, [], 0), '$(telescope) 3 targets');
  assert.equal(statusText(1, [], 0.4), '$(telescope) 1 target · $0.40');
  assert.equal(statusText(3, [run, run], 0), '$(sync~spin) HistoricEvent +1: trial 4/10 · best 78 %');
});

void test('less than a cent is not shown as nothing', () => {
  assert.equal(dollars(0.004), '<$0.01');
  assert.equal(dollars(0), '$0.00');
  assert.equal(count(1, 'run'), '1 run');
});

void test('what was spent comes with what is left of the budget', () => {
  assert.equal(spentText({ this_month: 1.2, budget: null }), '$1.20 this month');
  assert.equal(spentText({ this_month: 1.2, budget: { dollars: 20, per: 'month', left: 18.8 } }), '$1.20 this month · $18.80 of $20.00 a month left');
});

void test('the target at the cursor is offered first, then those of its file', () => {
  const at = (path: string, line: number, end: number) => ({ root: '/repo', it: { path, line, end_line: end } });
  const [other, above, below] = [at('b.py', 1, 5), at('a.py', 1, 5), at('a.py', 10, 20)];
  assert.deepEqual(nearest([other, above, below], { path: '/repo/a.py', line: 12 }), [below, above, other]);
  assert.deepEqual(nearest([other, above, below], undefined), [other, above, below]);
});

void test('choices with a role come first, each with what its optimizer does', () => {
  const estimate = { target: 't', model: 'offline', dollars: null, text: 'est. 220 calls' };
  const optimizers = ['labeled', 'miprov2', 'gepa'].map((name) => ({ name, summary: `about ${name}` }));
  const choices: Choice[] = [
    { contender: 'labeled', optimizer: 'labeled', given: {}, roles: [], estimate, text: 'est. 9 calls' },
    { contender: 'miprov2 auto=heavy', optimizer: 'miprov2', given: { auto: 'heavy' }, roles: ['recommended', 'strongest'], estimate, text: 'est. 220 calls' },
  ];
  const { suggested, others } = offered(choices, optimizers);
  assert.deepEqual(suggested.map((it) => [it.name, it.text]), [['miprov2', 'recommended and strongest · est. 220 calls']]);
  assert.deepEqual(others.map((it) => [it.name, it.summary]), [['labeled', 'about labeled']]);
  assert.deepEqual([...suggested, ...others].map((it) => it.contender), ['miprov2 auto=heavy', 'labeled']);
});

void test('where the server refuses to tell what works, each optimizer is left out for that reason', () => {
  const answer = { choices: [], left_out: [{ optimizer: 'gepa', message: 'It needs words.' }] };
  const all = [{ name: 'labeled', summary: '' }];
  assert.deepEqual(choicesOf(answer, all), answer);
  assert.deepEqual(choicesOf({ refused: { reason: 'examples', message: 'No examples.' } }, all), {
    choices: [], left_out: [{ optimizer: 'labeled', message: 'No examples.' }],
  });
});

void test('a cap goes along as dollars or as calls, and that of the settings is not repeated', () => {
  assert.deepEqual(CAPS.filter((it) => it.kind !== 'ask').map(capOf), [{}, { cap: 0.1 }, { cap: 0.5 }, { cap: 2 }, { cap_calls: 100 }]);
});

void test('a refusal comes with the one action that helps', () => {
  const after = (reason: string) => remedyFor({ reason, message: '' })?.title;
  assert.deepEqual(['unsaved', 'examples', 'cap'].map(after), ['Save and Go On', 'Create Examples', undefined]);
  const fix = 'python -m pip install dspy';
  assert.deepEqual(remedyFor({ reason: 'missing', message: '', fix }), { kind: 'terminal', title: 'Type It Into a Terminal', text: fix });
});

void test('whatever runs code is held back in an untrusted workspace, looking is not', () => {
  assert.ok(RUNNING.has('optimize') && RUNNING.has('preview') && RUNNING.has('rerunStale'));
  assert.ok(!RUNNING.has('show') && !RUNNING.has('spend') && !RUNNING.has('cancel'));
});

void test('what a server says is told apart', () => {
  assert.ok(isRefusal({ refused: { reason: 'cap', message: '' } }));
  assert.ok(!isRefusal(null) && !isRefusal({ run: '7' }));
  assert.ok(isGoingOn(run) && !hasResult(run));
  assert.equal(shortName('app.rag:RAG.generate'), 'RAG.generate');
  assert.deepEqual(forServer({ folder: 'file:///a', target: 't' }), { target: 't' });
});

void test('files that may hold examples are grouped by what can be done with them, and no group is empty', () => {
  const match = (source: string, rule: string | null, fits: boolean): Match => ({ source, rule, fits, map: {}, text: '', detail: '' });
  const groups = matched([match('now.csv', 'file', true), match('other.csv', null, true), match('half.csv', null, false)]);
  assert.deepEqual(groups.map((it) => [it.label, it.choosable, it.matches.map((one) => one.source)]), [
    ['Taken now', true, ['now.csv']], ['May fit', true, ['other.csv']], ['Lacks an input', false, ['half.csv']],
  ]);
  assert.deepEqual(matched([match('other.csv', null, true)]).map((it) => it.label), ['May fit']);
});
