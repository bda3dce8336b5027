// LocalForge's GitHub face before GitHub's own description of its REST API (@octokit/openapi), of the release that LocalForge says it is:
// every route is driven with something in it, the product's GitHub adapter lives a task, and each answer, and each question that was
// granted, has to be as described. What may deviate is in expected-deviations.json, with the reasons.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runDotnetTask, startDotnetForge } from '../temporal/dotnet.mjs';
import { startRecorder } from './recorder.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const wanted = JSON.parse(readFileSync(here('package.json'))).dependencies;
// Installed once and not with every run: the description is hundreds of megabytes.
const isThere = () => Object.entries(wanted).every(([name, version]) => existsSync(here(`node_modules/${name}/package.json`)) && JSON.parse(readFileSync(here(`node_modules/${name}/package.json`))).version === version);
let skip = false;
if (!isThere()) {
  try {
    execFileSync('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: here('.'), stdio: ['ignore', 'ignore', 'inherit'] });
  } catch {
    skip = 'its packages could not be installed: npm ci --prefix tests/Peers/github';
  }
}

let exchanges;
let routes;
let found;
before(async () => {
  if (skip) return;
  const { makeJudge } = await import('./judge.mjs');
  const { play } = await import('./story.mjs');
  const forge = await startDotnetForge('github');
  const known = JSON.parse(forge.url);
  const recorder = await startRecorder(known.url);
  try {
    await play({ url: recorder.url, web: known.url, app: known.app, key: known.key, task: runDotnetTask });
  } finally {
    recorder.stop();
    await forge.stop();
  }
  ({ exchanges } = recorder);
  routes = known.routes;
  const release = exchanges.find((x) => x.path === '/meta').answer.installed_version.split('.').slice(0, 2).join('.');
  const judge = makeJudge(release);
  found = new Map(exchanges.flatMap((x) => {
    const { name, deviations } = judge(x);
    return deviations.map((what) => [`${name}: ${what}`, x]);
  }));
});

test('every route of the GitHub face is driven, and granted at least once', { skip }, () => {
  // The most specific first, as routing has it.
  const patterns = routes.filter((r) => r !== 'POST /graphql').map((route) => {
    const [method, path] = route.split(' ');
    const source = path.replace(/\{\*\*\w+\}/g, '.*').replace(/\{\w+:(int|long)\}/g, '\\d+').replace(/\{\w+\}/g, '[^/]+');
    return { route, method, pattern: new RegExp(`^${source || '/'}$`), rank: (path.includes('{**') ? 1000 : 0) - path.length };
  }).sort((a, b) => a.rank - b.rank);
  assert.ok(patterns.length > 90);
  const driven = new Set(exchanges.filter((x) => x.status < 400).map((x) => patterns.find((p) => p.method === x.method && p.pattern.test(x.path))?.route));
  assert.deepEqual(patterns.map((p) => p.route).filter((r) => !driven.has(r)), []);
});

test('no answer deviates from the description, but for what is expected', { skip }, () => {
  const expected = JSON.parse(readFileSync(here('expected-deviations.json'))).map((e) => `${e.where}: ${e.what}`);
  const surplus = [...found].filter(([what]) => !expected.includes(what)).map(([what, x]) => `${what}\n    e.g. ${x.method} ${x.path} ${JSON.stringify(x.answer)?.slice(0, 300)}`);
  assert.deepEqual(surplus, []);
  assert.deepEqual(expected.filter((e) => !found.has(e)), [], 'expected deviations that are none any more');
});
