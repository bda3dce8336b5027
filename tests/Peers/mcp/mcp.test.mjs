// Our MCP servers before the protocol's own conformance suite and its inspector, a client that others debug with.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commandOf, startMcp, withToken, workingCopy } from './server.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const node = here('node_modules/.bin/node');
const skip = existsSync(node) ? false : 'its packages are not installed: npm ci --prefix tests/Peers/mcp';
const kinds = { fs: 'read_file', repo: 'repo_status', 'code-search': 'repo_map', runner: 'run_command' };

/** Runs one of the programs on the Node that they want. */
async function run(program, args) {
  const child = spawn(node, [here(`node_modules/${program}`), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  const error = [];
  child.stdout.on('data', (bytes) => output.push(bytes));
  child.stderr.on('data', (bytes) => error.push(bytes));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, output: Buffer.concat(output).toString(), error: Buffer.concat(error).toString() };
}

const inspect = (...args) => run('@modelcontextprotocol/inspector/clients/launcher/build/index.js', ['--cli', ...args]);

// The suite asks for resources, of which runner has none.
for (const kind of Object.keys(kinds).filter((k) => k !== 'runner')) {
  test(`the conformance suite finds nothing new in ${kind}`, { skip }, async (t) => {
    const url = await withToken(t, await startMcp(t, kind, await workingCopy(t)));
    const { code, output, error } = await run('@modelcontextprotocol/conformance/dist/index.js', [
      'server', '--url', url, '--expected-failures', here('expected-failures.yml'),
    ]);
    assert.equal(code, 0, `${output}\n${error}`);
    assert.match(output, /✓ dns-rebinding-protection: 2 passed, 0 failed/);
  });
}

for (const [kind, tool] of Object.entries(kinds)) {
  test(`the inspector finds schemas that every client can read in ${kind}`, { skip }, async (t) => {
    const folder = await workingCopy(t);
    const { code, output, error } = await inspect(...commandOf(kind, folder), '--method', 'tools/list', '--strict');
    assert.equal(code, 0, `${output}\n${error}`);
    assert.ok(JSON.parse(output).tools.some((t) => t.name === tool), output);
  });
}

test('the inspector calls tools and reads resources over HTTP with the token, and not without', { skip }, async (t) => {
  const { url, token } = await startMcp(t, 'fs', await workingCopy(t));
  const header = ['--header', `Authorization: Bearer ${token}`];
  const called = await inspect(url, '--transport', 'http', ...header, '--method', 'tools/call', '--tool-name', 'read_file', '--tool-arg', 'path=a.txt');
  assert.match(JSON.parse(called.output).content[0].text, /one/, called.error);
  const refused = await inspect(url, '--transport', 'http', ...header, '--method', 'tools/call', '--tool-name', 'read_file', '--tool-arg', 'path=missing.txt');
  assert.match(`${refused.output}${refused.error}`, /missing\.txt/);
  const read = await inspect(url, '--transport', 'http', ...header, '--method', 'resources/read', '--uri', 'workspace:///a.txt');
  assert.equal(JSON.parse(read.output).contents[0].text, 'one\n', read.error);
  const stranger = await inspect(url, '--transport', 'http', '--method', 'tools/list');
  assert.notEqual(stranger.code, 0);
  assert.doesNotMatch(stranger.output, /read_file/);
});
