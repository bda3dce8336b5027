// Activities: retries, heartbeats, the four timeouts, the three kinds of cancellation, completion by others, local ones.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { ActivityCancelledError, ActivityNotFoundError } from '@temporalio/client';
import { gate, seen } from './activities.mjs';
import { attributes, failureOf, peer } from './harness.mjs';
import { until } from './server.mjs';
import * as flows from './workflows.mjs';

const quick = { initialInterval: '10 ms' };
const once = { maximumAttempts: 1 };
const startToCloseTimeout = '30 seconds';

test('activities', async (t) => {
  const { client, execute, start } = await peer(t);
  const pending = async (handle) => (await handle.describe()).raw.pendingActivities?.[0];
  const fails = async (...args) => {
    const failure = await failureOf(await start(flows.oneActivity, args));
    assert.equal(failure.name, 'ActivityFailure');
    return failure;
  };

  await t.test('retries until it succeeds', async () => {
    assert.equal(await execute(flows.oneActivity, ['flaky', { startToCloseTimeout, retry: quick }, 'x', 4]), 4);
  });

  await t.test('retries no more often than its policy says', async () => {
    const failure = await fails('flaky', { startToCloseTimeout, retry: { ...quick, maximumAttempts: 2 } }, 'x', 4);
    assert.equal(failure.retryState, 'MAXIMUM_ATTEMPTS_REACHED');
    assert.equal(failure.activityType, 'flaky');
    assert.match(failure.cause.message, /attempt 2 fails/);
  });

  await t.test('a failure that is not retryable ends it at once, with type, details and cause', async () => {
    const failure = await fails('refuse', { startToCloseTimeout, retry: quick });
    assert.equal(failure.retryState, 'NON_RETRYABLE_FAILURE');
    const { message, type, nonRetryable, details, cause } = failure.cause;
    assert.deepEqual([message, type, nonRetryable, details, cause.message], ['refused', 'Refusal', true, ['first', 2], 'the reason below']);
  });

  await t.test('a type the policy names is not retried; another is', async () => {
    const retry = { ...quick, nonRetryableErrorTypes: ['Fatal'] };
    assert.match((await fails('failAs', { startToCloseTimeout, retry }, { type: 'Fatal', succeedsAt: 3 })).cause.message, /attempt 1/);
    assert.equal(await execute(flows.oneActivity, ['failAs', { startToCloseTimeout, retry }, { type: 'Other', succeedsAt: 3 }]), 3);
  });

  await t.test('nextRetryDelay overrides the policy, to sooner and to later', async () => {
    const retry = { initialInterval: '1 hour' };
    assert.equal(await execute(flows.oneActivity, ['failAs', { startToCloseTimeout, retry }, { succeedsAt: 2, nextRetryDelay: '10 ms' }]), 2);

    const unlimited = { workflowExecutionTimeout: undefined };
    const handle = await start(flows.oneActivity, ['failAs', { startToCloseTimeout, retry: quick }, { succeedsAt: 2, nextRetryDelay: '1 hour' }], unlimited);
    await until(async () => (await pending(handle))?.lastFailure, 'the first attempt to fail');
    const activity = await pending(handle);
    assert.equal(activity.attempt, 2);
    assert.match(activity.lastFailure.message, /attempt 1/);
    const pause = Number(activity.scheduledTime.seconds) - Number(activity.lastAttemptCompleteTime.seconds);
    assert.ok(pause > 3500, `the next attempt is due ${pause} s after the last`);
    await handle.terminate();
  });

  await t.test('what an attempt left with its heartbeat reaches the next', async () => {
    const result = await execute(flows.oneActivity, ['pages', { startToCloseTimeout, heartbeatTimeout: '10 seconds', retry: quick }, 4]);
    assert.deepEqual(result, { attempt: 4, page: 4 });
  });

  await t.test('heartbeat timeout: with the last details', async () => {
    const failure = await fails('stuck', { startToCloseTimeout, heartbeatTimeout: '300 ms', retry: once }, 'still here');
    assert.equal(failure.cause.name, 'TimeoutFailure');
    assert.equal(failure.cause.timeoutType, 'HEARTBEAT');
    assert.equal(failure.cause.lastHeartbeatDetails, 'still here');
    assert.equal(failure.retryState, 'MAXIMUM_ATTEMPTS_REACHED');
  });

  await t.test('start-to-close timeout: retried, then final', async () => {
    const handle = await start(flows.oneActivity, ['stuck', { startToCloseTimeout: '200 ms', retry: { ...quick, maximumAttempts: 2 } }]);
    const failure = await failureOf(handle);
    assert.equal(failure.cause.timeoutType, 'START_TO_CLOSE');
    assert.equal(failure.retryState, 'MAXIMUM_ATTEMPTS_REACHED');
    assert.equal((await attributes(handle, 'activityTaskStarted'))[0].attempt, 2);
  });

  await t.test('schedule-to-start timeout: nobody took it', async () => {
    const failure = await fails('noop', { startToCloseTimeout, scheduleToStartTimeout: '200 ms', taskQueue: 'nobody-polls-this' });
    assert.equal(failure.cause.timeoutType, 'SCHEDULE_TO_START');
  });

  await t.test('schedule-to-close timeout: while it runs, and when the next attempt would come too late', async () => {
    const running = await fails('stuck', { scheduleToCloseTimeout: '300 ms' });
    assert.equal(running.cause.timeoutType, 'SCHEDULE_TO_CLOSE');
    const between = await fails('flaky', { scheduleToCloseTimeout: '5 seconds', retry: { initialInterval: '1 hour' } }, 'late', 2);
    assert.equal(between.retryState, 'TIMEOUT');
    assert.match(between.cause.message, /late: attempt 1 fails/);
  });

  await t.test('TRY_CANCEL: the workflow goes on while the activity cleans up', async () => {
    const name = randomUUID();
    const handle = await start(flows.cancelsActivity, ['cleansUp', 'TRY_CANCEL', {}, name]);
    await until(() => seen.get(name) === 'running', 'the activity to run');
    await handle.signal(flows.stopIt);
    assert.equal(await handle.result(), 'cancelled as ActivityFailure');
    assert.notEqual(seen.get(name), 'ended');
    gate(name).open();
    assert.equal((await attributes(handle, 'activityTaskCancelRequested')).length, 1);
  });

  await t.test('WAIT_CANCELLATION_COMPLETED: the workflow waits for the end of the cleanup', async () => {
    const name = randomUUID();
    const handle = await start(flows.cancelsActivity, ['cleansUp', 'WAIT_CANCELLATION_COMPLETED', {}, name]);
    await until(() => seen.get(name) === 'running', 'the activity to run');
    await handle.signal(flows.stopIt);
    await until(() => seen.get(name) === 'cleaning', 'the activity to hear of it');
    assert.equal(await handle.query(flows.went), 'cancelling');
    assert.equal((await pending(handle)).state, 3, 'PENDING_ACTIVITY_STATE_CANCEL_REQUESTED');
    gate(name).open();
    assert.equal(await handle.result(), 'cancelled as ActivityFailure');
    assert.equal((await attributes(handle, 'activityTaskCanceled')).length, 1);
  });

  await t.test('WAIT_CANCELLATION_COMPLETED: an activity may complete all the same', async () => {
    const name = randomUUID();
    gate(name).open();
    const handle = await start(flows.cancelsActivity, ['cleansUp', 'WAIT_CANCELLATION_COMPLETED', {}, name, 'a value']);
    await until(() => seen.get(name) === 'running', 'the activity to run');
    await handle.signal(flows.stopIt);
    assert.equal(await handle.result(), 'returned a value');
  });

  await t.test('WAIT_CANCELLATION_COMPLETED: what nobody took is cancelled at once', async () => {
    const handle = await start(flows.cancelsActivity, ['cleansUp', 'WAIT_CANCELLATION_COMPLETED', { taskQueue: 'nobody-polls-this' }, 'x']);
    await until(() => pending(handle), 'the activity to be scheduled');
    await handle.signal(flows.stopIt);
    assert.equal(await handle.result(), 'cancelled as ActivityFailure');
    assert.equal((await attributes(handle, 'activityTaskStarted')).length, 0);
    assert.equal((await attributes(handle, 'activityTaskCanceled')).length, 1);
  });

  await t.test('ABANDON: nobody tells the activity', async () => {
    const name = randomUUID();
    const handle = await start(flows.cancelsActivity, ['deaf', 'ABANDON', { heartbeatTimeout: undefined }, name]);
    await until(() => seen.get(name) === 'running', 'the activity to run');
    await handle.signal(flows.stopIt);
    assert.equal(await handle.result(), 'cancelled as ActivityFailure');
    assert.equal((await attributes(handle, 'activityTaskCancelRequested')).length, 0);
    gate(name).open();
  });

  const elsewhere = async () => {
    const name = randomUUID();
    const handle = await start(flows.oneActivity, ['completedElsewhere', { startToCloseTimeout, heartbeatTimeout: '20 seconds', retry: once }, name]);
    await until(() => seen.has(name), 'the activity to run');
    const { taskToken, activityId } = seen.get(name);
    return { handle, taskToken, id: { workflowId: handle.workflowId, activityId } };
  };

  await t.test('completion by token, once', async () => {
    const { handle, taskToken } = await elsewhere();
    await client.activity.heartbeat(taskToken, 'half');
    await client.activity.complete(taskToken, 'by token');
    assert.equal(await handle.result(), 'by token');
    await assert.rejects(client.activity.complete(taskToken, 'again'), ActivityNotFoundError);
    await assert.rejects(client.activity.heartbeat(taskToken, 'again'), ActivityNotFoundError);
  });

  await t.test('failure by id, and an id that is not there', async () => {
    const { handle, id } = await elsewhere();
    await assert.rejects(client.activity.complete({ ...id, activityId: 'another' }, 1), ActivityNotFoundError);
    await client.activity.fail(id, new Error('failed elsewhere'));
    assert.match((await failureOf(handle)).cause.message, /failed elsewhere/);
  });

  await t.test('a cancelled workflow tells the one who heartbeats elsewhere', async () => {
    const { handle, id } = await elsewhere();
    await client.activity.heartbeat(id, 'half');
    await handle.cancel();
    await until(() => client.activity.heartbeat(id, 'half').then(() => false, (e) => e instanceof ActivityCancelledError || e instanceof ActivityNotFoundError), 'the heartbeat to be refused');
    assert.match((await failureOf(handle)).name, /CancelledFailure|ActivityFailure/);
  });

  await t.test('local activities are kept as markers and not run again', async () => {
    const name = randomUUID();
    const handle = await start(flows.localActivities, [name]);
    await until(async () => (await attributes(handle, 'markerRecorded')).length === 3, 'three markers');
    await handle.signal(flows.stopIt);
    const result = await handle.result();
    assert.deepEqual(result, { counted: 1, attempts: 3, failure: 'ApplicationFailure Refusal: refused', after: 'after' });
    const markers = await attributes(handle, 'markerRecorded');
    assert.deepEqual(markers.map((m) => m.markerName), Array(4).fill('core_local_activity'));
    assert.equal(markers.filter((m) => m.failure).length, 1);
    assert.equal((await attributes(handle, 'activityTaskScheduled')).length, 0);
    await client.workflow.getHandle(handle.workflowId).query('__stack_trace');
    assert.equal(seen.get(name), 1);
  });
});
