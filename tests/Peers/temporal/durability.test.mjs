// SIGKILL in the middle: nothing acknowledged is lost, nothing is done twice that must be done once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { runWorker } from './worker.mjs';
import { scratch, startServer } from './server.mjs';
import * as flows from './workflows.mjs';

const text = (file) => readFile(file, 'utf8').catch(() => '');

async function until(check, what) {
  const deadline = Date.now() + 40_000;
  while (!(await check())) {
    assert.ok(Date.now() < deadline, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function connect(t, address) {
  const connection = await Connection.connect({ address });
  t.after(() => connection.close());
  return new Client({ connection });
}

async function startWorkerProcess(address, queue) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./worker.mjs', import.meta.url)), address, queue], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => line === 'worker ready' && resolve());
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });
  return { kill: async () => { child.kill('SIGKILL'); await exited; } };
}

test('the server is killed while workflows run, again and again', async (t) => {
  const folder = await scratch(t);
  const db = path.join(folder, 'temporal.db');
  const file = path.join(folder, 'steps.txt');
  let server = await startServer({ db });
  t.after(() => server.kill());
  const count = 8;
  const client = await connect(t, server.address);
  await runWorker(t, server.address, 'steps');
  const handle = await client.workflow.start(flows.steps, { taskQueue: 'steps', workflowId: 'steps', args: [file, count] });

  for (const line of ['step 1\n', 'step 4\n']) {
    await until(async () => (await text(file)).includes(line), line.trim());
    await server.kill('SIGKILL');
    server = await startServer({ db, port: server.port });
  }

  const again = await connect(t, server.address);
  const after = again.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
  assert.equal(await after.result(), count);
  const { events } = await after.fetchHistory();
  assert.deepEqual(events.map((e) => Number(e.eventId)), events.map((_, i) => i + 1));
  const completed = events.filter((e) => e.activityTaskCompletedEventAttributes);
  assert.equal(completed.length, count, 'each activity completes exactly once in the history');
  assert.equal(events.filter((e) => e.timerFiredEventAttributes).length, count, 'each timer fires exactly once');
  assert.equal(events.filter((e) => e.workflowExecutionCompletedEventAttributes).length, 1);
  const lines = new Set((await text(file)).trim().split('\n'));
  assert.equal(lines.size, count, 'every step was done');
});

test('the worker is killed in the middle of an activity', async (t) => {
  const folder = await scratch(t);
  const file = path.join(folder, 'slow.txt');
  const server = await startServer({ db: path.join(folder, 'temporal.db') });
  t.after(() => server.kill());
  const first = await startWorkerProcess(server.address, 'slow');
  const client = await connect(t, server.address);
  const handle = await client.workflow.start(flows.slowStep, { taskQueue: 'slow', workflowId: 'slow', args: [file] });
  await until(async () => (await text(file)).includes('began 1'), 'the activity to begin');
  await first.kill();

  const second = await startWorkerProcess(server.address, 'slow');
  t.after(() => second.kill());
  assert.equal(await handle.result(), 2, 'the second attempt finished');
  assert.equal(await text(file), 'began 1\nbegan 2\nended 2\n');
  const { events } = await handle.fetchHistory();
  assert.equal(events.filter((e) => e.activityTaskCompletedEventAttributes).length, 1);
});
