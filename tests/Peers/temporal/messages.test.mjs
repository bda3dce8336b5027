// Signals, queries and updates.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import {
  QueryNotRegisteredError, WithStartWorkflowOperation, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, WorkflowUpdateFailedError, WorkflowUpdateStage,
} from '@temporalio/client';
import { attributes, failureOf, peer } from './harness.mjs';
import * as flows from './workflows.mjs';

test('messages', async (t) => {
  const { client, start, taskQueue } = await peer(t);

  await t.test('signals sent before the workflow first runs are heard in order', async () => {
    const queue = randomUUID();
    const handle = await start(flows.listener, [4], { startDelay: '300 ms' });
    for (const text of ['one', 'two', 'three']) {
      await handle.signal(flows.note, text);
    }
    await client.workflow.getHandle(handle.workflowId).signal(flows.note, queue);
    assert.deepEqual(await handle.result(), ['one', 'two', 'three', queue]);
  });

  await t.test('many signals at once: each is heard once', async () => {
    const handle = await start(flows.listener, [50]);
    await Promise.all(Array.from({ length: 50 }, (_, i) => handle.signal(flows.note, i)));
    assert.deepEqual((await handle.result()).sort((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i));
  });

  await t.test('a signal without a handler waits for one, or goes to the default', async () => {
    const handle = await start(flows.latecomer);
    await handle.signal(flows.note, 'early');
    assert.deepEqual(await handle.result(), ['early']);
    const all = await start(flows.hearsAll, [2]);
    await all.signal('unheard-of', 1, 'b');
    await all.signal('another');
    assert.deepEqual(await all.result(), [['unheard-of', 1, 'b'], ['another']]);
  });

  await t.test('a signal handler that fails, fails its workflow', async () => {
    const handle = await start(flows.touchy);
    await handle.signal(flows.note, 'noise');
    assert.equal((await failureOf(handle)).message, 'cannot bear noise');
  });

  await t.test('a signal to what has closed, or never was', async () => {
    const handle = await start(flows.listener, [0]);
    await handle.result();
    await assert.rejects(handle.signal(flows.note, 'late'), WorkflowNotFoundError);
    await assert.rejects(client.workflow.getHandle('never-was').signal(flows.note, 'lost'), WorkflowNotFoundError);
  });

  await t.test('signal-with-start: starts once, then only signals; signals come first', async () => {
    const workflowId = randomUUID();
    const options = { taskQueue, workflowId, args: [2], signal: flows.note };
    const first = await client.workflow.signalWithStart(flows.listener, { ...options, signalArgs: ['one'] });
    const second = await client.workflow.signalWithStart(flows.listener, { ...options, signalArgs: ['two'] });
    assert.equal(first.signaledRunId, second.signaledRunId);
    assert.deepEqual(await second.result(), ['one', 'two']);
    const { events } = await first.fetchHistory();
    assert.deepEqual(events.slice(0, 3).map((e) => e.eventType), [1, 26, 5], 'started, signalled, task scheduled');
    const third = await client.workflow.signalWithStart(flows.listener, { ...options, args: [1], signalArgs: ['three'] });
    assert.notEqual(third.signaledRunId, first.signaledRunId, 'a closed one is started anew');
    assert.deepEqual(await third.result(), ['three']);
    await assert.rejects(
      client.workflow.signalWithStart(flows.listener, { ...options, args: [1], signalArgs: ['four'], workflowIdReusePolicy: 'REJECT_DUPLICATE' }),
      (e) => e.name === 'WorkflowExecutionAlreadyStartedError',
    );
  });

  await t.test('queries: while it runs and when it is closed', async () => {
    const handle = await start(flows.listener, [2]);
    await handle.signal(flows.note, 'one');
    assert.deepEqual(await handle.query(flows.notes), ['one']);
    assert.equal(await handle.query(flows.noteAt, 0), 'one');
    await handle.signal(flows.note, 'two');
    await handle.result();
    assert.deepEqual(await handle.query(flows.notes), ['one', 'two']);
    assert.match(JSON.stringify(await handle.query('__stack_trace')), /""|stack|^\{/);
  });

  await t.test('queries that fail: by their handler, unknown, on nothing', async () => {
    const handle = await start(flows.listener, [1]);
    await assert.rejects(handle.query(flows.noteAt, 7), /there is no note 7/);
    await assert.rejects(handle.query('nope'), (e) => e instanceof QueryNotRegisteredError && /nope/.test(e.message));
    await assert.rejects(client.workflow.getHandle('never-was').query(flows.notes), WorkflowNotFoundError);
    await handle.terminate();
  });

  await t.test('queries rejected by the state of the workflow', async () => {
    const handle = await start(flows.listener, [0]);
    await handle.result();
    const rejecting = (condition) => client.workflow.connection.workflowService.queryWorkflow({
      namespace: 'default', execution: { workflowId: handle.workflowId }, query: { queryType: 'notes' }, queryRejectCondition: condition,
    });
    assert.equal((await rejecting(2)).queryRejected.status, 2, 'NOT_OPEN rejects a completed one');
    assert.equal((await rejecting(3)).queryRejected, null, 'NOT_COMPLETED_CLEANLY does not');
  });

  await t.test('updates: accepted, failed, refused', async () => {
    const handle = await start(flows.keeper);
    assert.equal(await handle.executeUpdate(flows.change, { args: [5] }), 5);
    await assert.rejects(
      handle.executeUpdate(flows.change, { args: [13] }),
      (e) => e instanceof WorkflowUpdateFailedError && e.cause.type === 'Superstition' && e.cause.message === 'not thirteen' && e.cause.details[0] === 13,
    );
    await assert.rejects(handle.executeUpdate(flows.change, { args: ['text'] }), (e) => e instanceof WorkflowUpdateFailedError && e.cause.type === 'Refused');
    await assert.rejects(handle.executeUpdate('unheard-of'), WorkflowUpdateFailedError);
    await handle.signal(flows.go);
    assert.equal((await handle.result()).value, 5);
    const accepted = await attributes(handle, 'workflowExecutionUpdateAccepted');
    assert.equal(accepted.length, 2, 'a refused one leaves no event');
  });

  await t.test('an update sent before the workflow first runs is handled in its first task', async () => {
    const handle = await start(flows.keeper, [], { startDelay: '200 ms' });
    await handle.executeUpdate(flows.early);
    await handle.signal(flows.go);
    assert.deepEqual((await handle.result()).log.slice(0, 2).sort(), ['main', 'update']);
  });

  await t.test('the handle of an update: by its id, from elsewhere, and after the end', async () => {
    const handle = await start(flows.keeper);
    const update = await handle.startUpdate(flows.change, { args: [8], updateId: 'the-eight', waitForStage: WorkflowUpdateStage.ACCEPTED });
    assert.equal(update.updateId, 'the-eight');
    assert.equal(await update.result(), 8);
    assert.equal(await client.workflow.getHandle(handle.workflowId).getUpdateHandle('the-eight').result(), 8);
    assert.equal(await handle.executeUpdate(flows.change, { args: [99], updateId: 'the-eight' }), 8, 'the same id is the same update');
    assert.equal(await handle.executeUpdate(flows.finish), 'finished');
    assert.equal((await handle.result()).value, 8);
    assert.equal(await handle.getUpdateHandle('the-eight').result(), 8, 'a closed workflow still knows the outcome');
  });

  await t.test('an update on a completed workflow, and on none', async () => {
    const handle = await start(flows.listener, [0]);
    await handle.result();
    await assert.rejects(handle.executeUpdate(flows.change, { args: [1] }), WorkflowNotFoundError);
    await assert.rejects(client.workflow.getHandle('never-was').executeUpdate(flows.change, { args: [1] }), WorkflowNotFoundError);
    await assert.rejects(handle.getUpdateHandle('no-such-update').result(), (e) => e instanceof WorkflowNotFoundError || /not found/i.test(e.message));
  });

  await t.test('an update whose workflow closes before it is done', async () => {
    const handle = await start(flows.closesEarly);
    await assert.rejects(handle.executeUpdate(flows.change, { args: [1] }), (e) => e instanceof WorkflowUpdateFailedError && e.cause.type === 'AcceptedUpdateCompletedWorkflow');
    await handle.result();
  });

  await t.test('update-with-start: starts, then joins what runs', async () => {
    const operation = () => new WithStartWorkflowOperation(flows.keeper, { workflowId, taskQueue, workflowIdConflictPolicy: 'USE_EXISTING' });
    const workflowId = randomUUID();
    const first = operation();
    assert.equal(await client.workflow.executeUpdateWithStart(flows.change, { args: [3], startWorkflowOperation: first }), 3);
    const second = operation();
    assert.equal(await client.workflow.executeUpdateWithStart(flows.change, { args: [4], startWorkflowOperation: second }), 4);
    const handle = await first.workflowHandle();
    assert.equal((await second.workflowHandle()).firstExecutionRunId, handle.firstExecutionRunId);
    await handle.signal(flows.go);
    assert.equal((await handle.result()).value, 4);
  });

  await t.test('update-with-start: one that is refused leaves the workflow started', async () => {
    const startWorkflowOperation = new WithStartWorkflowOperation(flows.keeper, { workflowId: randomUUID(), taskQueue, workflowIdConflictPolicy: 'FAIL' });
    await assert.rejects(
      client.workflow.executeUpdateWithStart(flows.change, { args: ['four'], startWorkflowOperation }),
      (e) => e instanceof WorkflowUpdateFailedError && e.cause.type === 'Refused',
    );
    const handle = await startWorkflowOperation.workflowHandle();
    await handle.signal(flows.go);
    assert.equal((await handle.result()).value, 0);
  });

  await t.test('update-with-start: of a workflow that runs and may not be used', async () => {
    const handle = await start(flows.keeper);
    const startWorkflowOperation = new WithStartWorkflowOperation(flows.keeper, { workflowId: handle.workflowId, taskQueue, workflowIdConflictPolicy: 'FAIL' });
    await assert.rejects(client.workflow.executeUpdateWithStart(flows.change, { args: [3], startWorkflowOperation }), WorkflowExecutionAlreadyStartedError);
    await assert.rejects(startWorkflowOperation.workflowHandle(), WorkflowExecutionAlreadyStartedError);
    await handle.signal(flows.go);
    assert.equal((await handle.result()).value, 0);
  });
});
