// Cancellation scopes, conditions, timers, and what must be the same in every replay.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seen } from './activities.mjs';
import { attributes, failureOf, peer } from './harness.mjs';
import { until } from './server.mjs';
import * as flows from './workflows.mjs';

test('scopes', async (t) => {
  const { execute, start } = await peer(t);

  await t.test('cancelled by time, by hand, before they run; shielded', async () => {
    const handle = await start(flows.scopes);
    assert.deepEqual(await handle.result(), {
      timedOut: 'cancelled', inTime: 'done', plain: 'cancelled', shield: 'done', loser: 'cancelled', late: 'cancelled',
    });
    const started = await attributes(handle, 'timerStarted');
    const ended = [...(await attributes(handle, 'timerFired')), ...(await attributes(handle, 'timerCanceled'))];
    assert.equal(started.length, ended.length, 'every timer that was started fired or was cancelled');
  });

  const waiting = async (...args) => {
    const handle = await start(flows.shieldedCleanup, args);
    await until(async () => (await handle.query(flows.phase)) === 'waiting', 'it to wait');
    await handle.cancel();
    return handle;
  };

  await t.test('cleanup behind a shield, then cancelled', async () => {
    const handle = await waiting('rethrow');
    assert.equal((await failureOf(handle)).name, 'CancelledFailure');
    assert.equal((await handle.describe()).status.name, 'CANCELLED');
    assert.equal(seen.get(handle.workflowId), 1);
    assert.equal(await handle.query(flows.phase), 'cleaned');
  });

  await t.test('cleanup behind a shield, then completed', async () => {
    const handle = await waiting('complete');
    assert.equal(await handle.result(), 'cleaned up and completed');
    assert.equal((await handle.describe()).status.name, 'COMPLETED');
    assert.equal(seen.get(handle.workflowId), 1);
  });

  await t.test('cancelled twice is cancelled once', async () => {
    const handle = await start(flows.noticesCancellation);
    await handle.cancel();
    await handle.cancel().catch((e) => assert.equal(e.name, 'WorkflowNotFoundError'));
    assert.equal(await handle.result(), true);
    assert.equal((await attributes(handle, 'workflowExecutionCancelRequested')).length, 1);
  });

  await t.test('conditions: in time, in vain, without waiting', async () => {
    assert.deepEqual(await execute(flows.conditions), { inVain: false, inTime: true, none: false, trigger: 'pulled' });
  });

  await t.test('random numbers, ids and time', async () => {
    const handle = await start(flows.draws);
    const { before, after, moved } = await handle.result();
    assert.ok(moved && before[0] !== after[0] && before[1] !== after[1]);
    const other = await execute(flows.draws);
    assert.notEqual(other.before[0], before[0], 'every run has its own seed');
  });
});
