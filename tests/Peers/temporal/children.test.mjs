// Child workflows, and workflows that reach for others.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { attributes, failureOf, peer } from './harness.mjs';
import { until } from './server.mjs';
import * as flows from './workflows.mjs';

const once = { retry: { maximumAttempts: 1 } };

test('children', async (t) => {
  const { client, execute, start } = await peer(t);
  const status = async (id) => (await client.workflow.getHandle(id).describe()).status.name;
  const isThere = (id) => client.workflow.getHandle(id).describe().then(() => true, () => false);

  for (const [policy, expected] of [['TERMINATE', 'TERMINATED'], ['REQUEST_CANCEL', 'CANCELLED'], ['ABANDON', 'RUNNING']]) {
    await t.test(`a parent that closes, policy ${policy}: its child is ${expected}`, async () => {
      const id = randomUUID();
      await execute(flows.leavesChild, [id, policy]);
      await until(async () => (await status(id)) === expected, `the child to be ${expected}`);
      if (expected === 'RUNNING') {
        await client.workflow.getHandle(id).signal(flows.release);
        assert.equal(await client.workflow.getHandle(id).result(), id);
      }
    });
  }

  await t.test('a parent that is terminated takes its child along', async () => {
    const id = randomUUID();
    const parent = await start(flows.oneChild, ['waits', { workflowId: id }]);
    await until(() => isThere(id), 'the child to start');
    await parent.terminate();
    await until(async () => (await status(id)) === 'TERMINATED', 'the child to be terminated');
  });

  await t.test('the failure of a child: types, causes, execution', async () => {
    const id = randomUUID();
    const failure = await failureOf(await start(flows.oneChild, ['failing', { workflowId: id, ...once }, 'application']));
    assert.deepEqual([failure.name, failure.workflowType, failure.execution.workflowId], ['ChildWorkflowFailure', 'failing', id]);
    assert.deepEqual([failure.cause.name, failure.cause.type, failure.cause.message], ['ApplicationFailure', 'Outer', 'the workflow says no']);
    assert.equal(failure.cause.cause.message, 'the reason below');
  });

  await t.test('the failure of an activity of a child of a child', async () => {
    const failure = await failureOf(await start(flows.oneChild, ['oneChild', {}, 'failing', {}, 'activity']));
    const names = [];
    for (let e = failure; e; e = e.cause) {
      names.push(e.name);
    }
    assert.deepEqual(names.slice(0, 4), ['ChildWorkflowFailure', 'ChildWorkflowFailure', 'ActivityFailure', 'ApplicationFailure']);
  });

  await t.test('a child that times out, and one that is terminated', async () => {
    const late = await failureOf(await start(flows.oneChild, ['waits', { workflowRunTimeout: '300 ms' }]));
    assert.deepEqual([late.cause.name, late.cause.timeoutType], ['TimeoutFailure', 'START_TO_CLOSE']);

    const id = randomUUID();
    const parent = await start(flows.oneChild, ['waits', { workflowId: id }]);
    await until(() => isThere(id), 'the child to start');
    await client.workflow.getHandle(id).terminate('enough');
    assert.equal((await failureOf(parent)).cause.name, 'TerminatedFailure');
  });

  await t.test('a child with a retry policy, and one without', async () => {
    assert.equal(await execute(flows.oneChild, ['succeedsAtAttempt', { retry: { initialInterval: '10 ms', nonRetryableErrorTypes: ['Nothing'] } }, 1]), 1);
    const failure = await failureOf(await start(flows.oneChild, ['failing', {}, 'application']));
    assert.equal(failure.retryState, 'RETRY_POLICY_NOT_SET');
  });

  await t.test('the result of a child that continued as new', async () => {
    assert.equal(await execute(flows.oneChild, ['countsInRuns', {}, 1, 3]), 3);
  });

  await t.test('an id that is taken', async () => {
    const id = randomUUID();
    const other = await start(flows.waits, [], { workflowId: id });
    assert.equal(await execute(flows.startsTaken, [id]), `WorkflowExecutionAlreadyStartedError ${id} waits`);
    await other.signal(flows.release);
    await other.result();
    assert.equal(await execute(flows.startsTaken, [id]), 'started', 'a closed one frees its id');
  });

  await t.test('a signal to a child, and to one that has ended', async () => {
    assert.match(await execute(flows.signalsChild), /not found/i);
  });

  await t.test('another workflow: signalled, cancelled, or not there', async () => {
    const signalled = await start(flows.waits);
    assert.equal(await execute(flows.reachesFor, [signalled.workflowId, 'signal']), 'reached');
    await signalled.result();
    const cancelled = await start(flows.waits);
    assert.equal(await execute(flows.reachesFor, [cancelled.workflowId, 'cancel']), 'reached');
    assert.equal((await failureOf(cancelled)).name, 'CancelledFailure');
    assert.match(await execute(flows.reachesFor, ['never-was', 'signal']), /not found/i);
    assert.match(await execute(flows.reachesFor, ['never-was', 'cancel']), /not found/i);
  });

  const cancelled = async (cancellationType, type = flows.cleansUpSlowly) => {
    const id = randomUUID();
    const parent = await start(flows.cancelsChild, [type.name, id, cancellationType]);
    await until(() => isThere(id), 'the child to start');
    await parent.signal(flows.release);
    return { parent, child: client.workflow.getHandle(id) };
  };
  const cleaning = (child) => until(async () => (await child.query(flows.childState)) === 'cleaning', 'the child to clean up');

  await t.test('a cancelled child, WAIT_CANCELLATION_COMPLETED: the parent waits for its end', async () => {
    const { parent, child } = await cancelled('WAIT_CANCELLATION_COMPLETED');
    await cleaning(child);
    assert.equal((await parent.describe()).status.name, 'RUNNING');
    assert.equal((await parent.describe()).raw.pendingChildren.length, 1);
    await child.signal(flows.release);
    assert.equal(await parent.result(), 'cancelled as ChildWorkflowFailure');
    assert.equal((await child.describe()).status.name, 'CANCELLED');
  });

  await t.test('a cancelled child, WAIT_CANCELLATION_REQUESTED: the parent hears that it was told', async () => {
    const { parent, child } = await cancelled('WAIT_CANCELLATION_REQUESTED');
    await cleaning(child);
    await child.signal(flows.release); // The SDK's core of this version waits for the end here too.
    assert.match(await parent.result(), /^cancelled as/);
    assert.equal((await attributes(parent, 'externalWorkflowExecutionCancelRequested')).length, 1);
  });

  await t.test('a cancelled child, TRY_CANCEL: the parent goes on', async () => {
    const { parent } = await cancelled('TRY_CANCEL');
    assert.match(await parent.result(), /^cancelled as/);
    assert.equal((await attributes(parent, 'requestCancelExternalWorkflowExecutionInitiated')).length, 1);
  });

  await t.test('a cancelled child, ABANDON: nobody tells it', async () => {
    const { parent } = await cancelled('ABANDON');
    assert.match(await parent.result(), /^cancelled as/);
    assert.equal((await attributes(parent, 'requestCancelExternalWorkflowExecutionInitiated')).length, 0);
  });
});
