// Reset: a new run that begins with the history of another.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { seen } from './activities.mjs';
import { peer } from './harness.mjs';
import { until } from './server.mjs';
import * as flows from './workflows.mjs';

test('reset', async (t) => {
  const { client, start } = await peer(t);
  const reset = (handle, workflowTaskFinishEventId) => client.workflowService.resetWorkflowExecution({
    namespace: 'default', workflowExecution: { workflowId: handle.workflowId }, reason: 'try again', workflowTaskFinishEventId, requestId: randomUUID(),
  });
  const firstTask = async (handle) => Number((await handle.fetchHistory()).events.find((e) => e.workflowTaskCompletedEventAttributes).eventId);

  await t.test('a closed workflow goes on from its first task, with the signals it had', async () => {
    const name = randomUUID();
    const handle = await start(flows.stepwise, [name, 2]);
    await handle.signal(flows.proceed);
    await until(() => seen.get(name) === 1, 'the first step');
    await handle.signal(flows.proceed);
    assert.equal(await handle.result(), 2);
    const { runId } = await reset(handle, await firstTask(handle));
    assert.notEqual(runId, handle.firstExecutionRunId);
    assert.equal(await client.workflow.getHandle(handle.workflowId, runId).result(), 2, 'its signals were applied again');
    assert.equal(seen.get(name), 4, 'its steps were done again');
  });

  await t.test('a running workflow is ended, and begins again', async () => {
    const handle = await start(flows.waits);
    await until(async () => (await handle.fetchHistory()).events.some((e) => e.workflowTaskCompletedEventAttributes), 'its first task');
    const { runId } = await reset(handle, await firstTask(handle));
    const old = client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
    assert.equal((await old.describe()).status.name, 'TERMINATED');
    const next = client.workflow.getHandle(handle.workflowId, runId);
    await next.signal(flows.release);
    assert.equal(await next.result(), handle.workflowId);
  });

  await t.test('a point that is none, and a workflow that is not there', async () => {
    const handle = await start(flows.listener, [0]);
    await handle.result();
    await assert.rejects(reset(handle, 99), (e) => (e.code === 12 ? assert.fail(e) : e.code === 3));
    await assert.rejects(reset({ workflowId: 'never-was' }, 4), (e) => e.code === 5);
  });
});
