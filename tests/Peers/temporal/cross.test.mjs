// Across languages on our server: the .NET worker driven by the TypeScript client, and the TypeScript worker driven by the .NET client.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { QueryNotRegisteredError, WorkflowUpdateFailedError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { runDotnetClient, runDotnetWorker } from './dotnet.mjs';
import { attributes, failureOf, peer } from './harness.mjs';
import { until } from './server.mjs';
import * as flows from './workflows.mjs';

const { crossKeys, dotnetQueue } = flows;

/** Puts a header on every start, as a tracing interceptor does. */
const traced = {
  start: (input, next) => next({ ...input, headers: { ...input.headers, trace: defaultPayloadConverter.toPayload('t-1') } }),
};

test('the .NET worker, driven by the TypeScript client', async (t) => {
  const { server, client, taskQueue, start } = await peer(t, { client: { interceptors: { workflow: [traced] } } });
  await runDotnetWorker(t, server.address, dotnetQueue, taskQueue);
  const there = (type, args = [], more = {}) => start(type, args, { taskQueue: dotnetQueue, ...more });

  await t.test('activity resumed from its heartbeat, signal, query, updates', async () => {
    const handle = await there('dotnetOrder', ['lamp']);
    await until(async () => (await handle.query('stage')) === 'waiting', 'it to wait');
    await handle.signal('approve', 'Ada');
    assert.equal(await handle.executeUpdate('add', { args: [4] }), 4);
    await assert.rejects(
      handle.executeUpdate('add', { args: [-1] }),
      (e) => e instanceof WorkflowUpdateFailedError && e.cause.type === 'Backward' && e.cause.message === 'only forward',
    );
    await assert.rejects(handle.executeUpdate('add', { args: [13] }), (e) => e.cause.type === 'Superstition' && e.cause.details[0] === 13);
    const update = await handle.startUpdate('add', { args: [6], updateId: 'six', waitForStage: 'ACCEPTED' });
    assert.equal(await update.result(), 10);
    assert.equal(await handle.result(), 'lamp: left by 1, approved by Ada, 10');
    assert.equal(await handle.query('stage'), 'done', 'a closed workflow answers queries');
    const [started] = await attributes(handle, 'workflowExecutionStarted');
    assert.equal(defaultPayloadConverter.fromPayload(started.header.fields.trace), 't-1');
  });

  await t.test('queries that fail', async () => {
    const handle = await there('dotnetOrder', ['x']);
    await assert.rejects(handle.query('broken'), /no answer to that/);
    await assert.rejects(handle.query('nope'), (e) => e instanceof QueryNotRegisteredError && /nope/.test(e.message));
    await handle.terminate();
  });

  await t.test('failures: type, details, causes', async () => {
    const own = await failureOf(await there('dotnetFailing', ['itself']));
    assert.deepEqual([own.name, own.message, own.type, own.nonRetryable, own.details], ['ApplicationFailure', 'outer', 'Outer', true, [{ code: 7 }]]);
    assert.deepEqual([own.cause.type, own.cause.message], ['Inner', 'inner']);
    const activity = await failureOf(await there('dotnetFailing', ['activity']));
    assert.deepEqual([activity.name, activity.activityType, activity.retryState], ['ActivityFailure', 'Refuse', 'NON_RETRYABLE_FAILURE']);
    const { type, message, details, cause } = activity.cause;
    assert.deepEqual([type, message, details], ['Refusal', 'refused', ['first', 2]]);
    assert.deepEqual([cause.type, cause.message], ['InvalidOperationException', 'the reason below']);
  });

  await t.test('cancellation reaches the activity; the workflow cleans up', async () => {
    const handle = await there('dotnetCancellable');
    await until(async () => (await handle.describe()).raw.pendingActivities?.[0]?.lastStartedTime, 'the activity to run');
    await handle.cancel();
    assert.equal((await failureOf(handle)).name, 'CancelledFailure');
    assert.equal(await handle.query('cleaned'), true);
    assert.equal((await attributes(handle, 'activityTaskCanceled')).length, 1);
  });

  await t.test('search attributes and memo, both ways', async () => {
    const time = new Date('2026-03-04T05:06:07.890Z');
    const handle = await there('dotnetAttributes', [], {
      memo: { kept: 'as it was' },
      typedSearchAttributes: [
        { key: crossKeys.keyword, value: 'from TypeScript' }, { key: crossKeys.int, value: 41 }, { key: crossKeys.time, value: time }, { key: crossKeys.words, value: ['a', 'b'] },
      ],
    });
    assert.equal(await handle.result(), 'from TypeScript 41 2026-03-04T05:06:07.8900000Z a+b');
    const { typedSearchAttributes: found, memo } = await handle.describe();
    assert.deepEqual(
      [found.get(crossKeys.keyword), found.get(crossKeys.int), found.get(crossKeys.time), found.get(crossKeys.words)],
      ['from .NET', 42, new Date(time.getTime() + 86_400_000), undefined],
    );
    assert.deepEqual(memo, { kept: 'as it was', note: 'by .NET' });
  });

  await t.test('continue-as-new is followed; the memo goes along', async () => {
    const handle = await there('dotnetCounting', [1, 3]);
    assert.equal(await handle.result(), 3);
    const last = await client.workflow.getHandle(handle.workflowId).describe();
    assert.deepEqual([last.memo.n, last.runId === handle.firstExecutionRunId], [3, false]);
  });

  await t.test('bytes, text and nothing', async () => {
    const handle = await there('dotnetEncodings', [Uint8Array.of(0, 1, 254, 255), null, { ключ: 'значение' }]);
    assert.deepEqual([...(await handle.result())], [255, 254, 1, 0]);
    const [completed] = await attributes(handle, 'workflowExecutionCompleted');
    assert.equal(Buffer.from(completed.result.payloads[0].metadata.encoding).toString(), 'binary/plain');
  });

  await t.test('children in TypeScript: one returns, one is signalled, one fails', async () => {
    const handle = await there('dotnetParent', []);
    assert.equal(await handle.result(), '42, hello from .NET, failing: Outer the workflow says no True, below the reason below');
  });

  await t.test('activities and children in .NET, from a TypeScript workflow', async () => {
    assert.deepEqual(await (await start(flows.usesDotnet)).result(), {
      left: 'left by 1', activityType: 'Refuse', retryState: 'NON_RETRYABLE_FAILURE', type: 'Refusal', message: 'refused', nonRetryable: true,
      details: ['first', 2], cause: ['InvalidOperationException', 'the reason below'],
    });
  });

  await t.test('termination, timeout, and an unknown workflow type', async () => {
    const ended = await there('dotnetOrder', ['x']);
    await ended.terminate('enough');
    assert.equal((await failureOf(ended)).message, 'enough');
    const late = await there('dotnetOrder', ['x'], { workflowRunTimeout: '300 ms' });
    assert.equal((await failureOf(late)).name, 'TimeoutFailure');
    const unknown = await there(`unknown-${randomUUID()}`);
    await until(async () => (await attributes(unknown, 'workflowTaskFailed')).length > 0, 'its task to fail');
    assert.match((await attributes(unknown, 'workflowTaskFailed'))[0].failure.message, /unknown-/);
    await unknown.terminate();
  });
});

test('the TypeScript worker, driven by the .NET client', async (t) => {
  const { server, taskQueue } = await peer(t);
  await runDotnetWorker(t, server.address, dotnetQueue, taskQueue);
  const scenarios = [
    'signal, query and result', 'signal-with-start', 'updates', 'failure details', 'failure of an activity', 'cancellation', 'termination',
    'search attributes and memo', 'continue-as-new', 'payload encodings', 'a child in .NET', 'already started',
  ];
  const lines = await runDotnetClient(server.address, taskQueue, scenarios);
  for (const scenario of scenarios) {
    await t.test(scenario, () => {
      assert.ok(lines.includes(`ok ${scenario}`), lines.find((line) => line.startsWith(`not ok ${scenario}`)) ?? `it printed nothing of it: ${lines.join('\n')}`);
    });
  }
});
