// The official TypeScript client and worker against our server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, Connection, WorkflowExecutionAlreadyStartedError, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { runWorker } from './worker.mjs';
import { startServer } from './server.mjs';
import * as flows from './workflows.mjs';

const taskQueue = 'peers';

/** Polls a real condition until it holds. */
export async function until(check, what) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    if (await check()) {
      return;
    }
    assert.ok(Date.now() < deadline, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

test('TypeScript client and worker', async (t) => {
  const server = await startServer();
  t.after(() => server.kill());
  const connection = await Connection.connect({ address: server.address });
  t.after(() => connection.close());
  const client = new Client({ connection });
  const start = (flow, workflowId, args = [], more = {}) => client.workflow.start(flow, { taskQueue, workflowId, args, ...more });
  await runWorker(t, server.address, taskQueue);

  await t.test('activity with retries, timer, signal and query', async () => {
    const handle = await start(flows.order, 'order', ['book']);
    await until(async () => (await handle.query(flows.stage)) === 'waiting', 'the workflow to wait');
    await handle.signal(flows.approve, 'Ada');
    assert.equal(await handle.result(), 'book: 3 attempts, approved by Ada');
    assert.equal(await handle.query(flows.stage), 'done', 'a closed workflow answers queries');

    const { events } = await handle.fetchHistory();
    const types = events.map((e) => e.eventType);
    const started = events.filter((e) => e.activityTaskStartedEventAttributes);
    assert.equal(started.length, 1, 'one started event for three attempts');
    assert.equal(started[0].activityTaskStartedEventAttributes.attempt, 3);
    assert.match(started[0].activityTaskStartedEventAttributes.lastFailure.message, /attempt 2 fails/);
    assert.equal(types.length, new Set(events.map((e) => Number(e.eventId))).size);
    const description = await handle.describe();
    assert.equal(description.status.name, 'COMPLETED');
  });

  await t.test('signal-with-start, and starting twice', async () => {
    const handle = await client.workflow.signalWithStart(flows.order, {
      taskQueue, workflowId: 'sws', args: ['pen'], signal: flows.approve, signalArgs: ['Bob'],
    });
    await assert.rejects(start(flows.order, 'sws', ['pen']), WorkflowExecutionAlreadyStartedError);
    assert.match(await handle.result(), /approved by Bob/);
  });

  await t.test('children, and the failure of one', async () => {
    assert.equal(await (await start(flows.parent, 'parent')).result(), '12, the child says no');
  });

  await t.test('a parent that closes terminates its child', async () => {
    await (await start(flows.abandonedParent, 'ap')).result();
    assert.equal((await client.workflow.getHandle('ap-child').describe()).status.name, 'TERMINATED');
  });

  await t.test('continue-as-new with patches and memo', async () => {
    const handle = await start(flows.counting, 'counting', [1, 4]);
    assert.equal(await handle.result(), 4);
    const description = await client.workflow.getHandle('counting').describe();
    assert.equal(description.memo.n, 4);
    assert.notEqual(description.runId, handle.firstExecutionRunId);
  });

  await t.test('cancellation reaches a heartbeating activity', async () => {
    const handle = await start(flows.cancellable, 'cancellable');
    await until(async () => (await handle.describe()).raw.pendingActivities?.[0]?.lastStartedTime, 'the activity to run');
    await handle.cancel();
    await assert.rejects(handle.result(), (e) => e instanceof WorkflowFailedError && e.cause.name === 'CancelledFailure');
    assert.equal((await handle.describe()).status.name, 'CANCELLED');
  });

  await t.test('termination, and what is not there', async () => {
    const handle = await start(flows.order, 'gone', ['x']);
    await handle.terminate('enough');
    await assert.rejects(handle.result(), (e) => e instanceof WorkflowFailedError && e.cause.name === 'TerminatedFailure');
    await assert.rejects(handle.signal(flows.approve, 'late'), WorkflowNotFoundError);
    await assert.rejects(client.workflow.getHandle('never').describe(), WorkflowNotFoundError);
  });

  await t.test('updates, accepted and refused by their validator', async () => {
    const handle = await start(flows.adder, 'adder');
    assert.equal(await handle.executeUpdate(flows.add, { args: [4] }), 4);
    await assert.rejects(handle.executeUpdate(flows.add, { args: [-1] }), (e) => /only forward/.test(e.cause?.message ?? e.message));
    const [a] = await Promise.all([handle.executeUpdate(flows.add, { args: [6] }), handle.result()]);
    assert.equal(a, 10);
  });

  await t.test('list and count by a query', async () => {
    const found = [];
    for await (const w of client.workflow.list({ query: "WorkflowType = 'order' AND ExecutionStatus = 'Completed'" })) {
      found.push(w.workflowId);
    }
    assert.deepEqual(found.sort(), ['order', 'sws']);
    assert.equal((await client.workflow.count("WorkflowType = 'counting'")).count, 4);
  });
});
