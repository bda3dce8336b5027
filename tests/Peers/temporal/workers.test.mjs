// Workers come and go: caches, restarts, deployments, replay.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Worker } from '@temporalio/worker';
import { seen } from './activities.mjs';
import { attributes, peer } from './harness.mjs';
import { until } from './server.mjs';
import { bundled, deployment, runWorker } from './worker.mjs';
import * as flows from './workflows.mjs';

test('workers', async (t) => {
  const { server, client, start } = await peer(t, { worker: false });
  const queue = () => ({ taskQueue: randomUUID() });
  const run = (s, { taskQueue }, options) => runWorker(s, server.address, taskQueue, options);
  const deployed = async (s, on, version) => run(s, on, { workflowBundle: await deployment(version) });
  const query = (handle, def, expected) => until(async () => (await handle.query(def)) === expected, `${def.name} to be ${expected}`);

  for (const [what, options] of [
    ['no cache', { maxCachedWorkflows: 0 }],
    ['a cache of one', { maxCachedWorkflows: 1 }],
    ['a cache of one, each workflow its own context', { maxCachedWorkflows: 1, reuseV8Context: false }],
  ]) {
    await t.test(`${what}, and many workflows at once`, async (s) => {
      const on = queue();
      await run(s, on, options);
      const names = Array.from({ length: 5 }, () => randomUUID());
      const handles = await Promise.all(names.map((name) => start(flows.stepwise, [name, 3], on)));
      for (let step = 1; step <= 3; step++) {
        await Promise.all(handles.map((h) => h.signal(flows.proceed)));
        await until(() => names.every((name) => seen.get(name) === step), `step ${step} of all`);
      }
      // No queries before the end: the SDK's core drops one of two tasks that wait for a workflow it evicts.
      for (const h of handles) {
        assert.equal(await h.result(), 3);
        assert.equal(await h.query(flows.path), 3);
        assert.equal((await attributes(h, 'activityTaskCompleted')).length, 3);
        assert.equal((await attributes(h, 'workflowTaskFailed')).length, 0);
      }
    });
  }

  for (const reuseV8Context of [true, false]) {
    await t.test(`workflows do not see each other's variables, reuseV8Context ${reuseV8Context}`, async (s) => {
      const on = queue();
      await run(s, on, { reuseV8Context });
      const results = await Promise.all(Array.from({ length: 4 }, async () => (await start(flows.isolated, [], on)).result()));
      assert.deepEqual(results, Array(4).fill([1, 1]));
    });
  }

  await t.test('a worker is replaced in the middle: the next goes on from the history', async (s) => {
    const on = queue();
    const name = randomUUID();
    const first = await run(s, on);
    const handle = await start(flows.stepwise, [name, 3], on);
    await handle.signal(flows.proceed);
    await until(() => seen.get(name) === 1, 'the first step');
    await first.stop();
    await handle.signal(flows.proceed);
    const second = await run(s, on);
    await until(() => seen.get(name) === 2, 'the second step');
    await second.stop();
    await run(s, on);
    await handle.signal(flows.proceed);
    assert.equal(await handle.result(), 3);
    assert.equal(seen.get(name), 3, 'no step was done twice');
    assert.equal((await attributes(handle, 'workflowTaskFailed')).length, 0);
  });

  await t.test('a task that fails is tried again until a mended worker comes', async (s) => {
    const on = queue();
    const broken = await deployed(s, on, 1);
    const handle = await start(flows.buggy, [], on);
    await until(async () => (await attributes(handle, 'workflowTaskFailed')).length > 0, 'the task to fail');
    assert.equal((await handle.describe()).status.name, 'RUNNING');
    await broken.stop();
    await deployed(s, on, 2);
    assert.equal(await handle.result(), 'mended');
    const failed = await attributes(handle, 'workflowTaskFailed');
    assert.equal(failed.length, 1, 'only the first failure leaves an event');
    assert.match(failed[0].failure.message, /undefined/);
  });

  await t.test('patched and deprecatePatch over four deployments', async (s) => {
    const on = queue();
    const one = await deployed(s, on, 1);
    const old = await start(flows.evolves, [], on);
    await query(old, flows.path, 'old');
    await one.stop();

    const two = await deployed(s, on, 2);
    const young = await start(flows.evolves, [], on);
    await query(old, flows.path, 'old');
    await query(young, flows.path, 'new');
    assert.equal((await attributes(young, 'markerRecorded'))[0].markerName, 'core_patch');
    await old.signal(flows.proceed);
    assert.equal(await old.result(), 'old');
    await two.stop();

    const three = await deployed(s, on, 3);
    const later = await start(flows.evolves, [], on);
    await query(later, flows.path, 'new');
    await query(young, flows.path, 'new');
    await young.signal(flows.proceed);
    assert.equal(await young.result(), 'new');
    await three.stop();

    await deployed(s, on, 4);
    await query(later, flows.path, 'new');
    await later.signal(flows.proceed);
    assert.equal(await later.result(), 'new');
  });

  await t.test('the TypeScript replayer takes our histories, and notices changed code', async (s) => {
    const on = queue();
    await run(s, on);
    const replay = async (handle, version) => Worker.runReplayHistory({ workflowBundle: version ? await deployment(version) : await bundled() }, await handle.fetchHistory(), handle.workflowId);
    const steps = await start(flows.manySteps, [20], on);
    await steps.result();
    await replay(steps);
    const scopes = await start(flows.scopes, [], on);
    await scopes.result();
    await replay(scopes);
    const evolved = await start(flows.evolves, [], on);
    await query(evolved, flows.path, 'new');
    await evolved.signal(flows.proceed);
    await evolved.result();
    await replay(evolved, 4);
    await assert.rejects(replay(evolved, 1), (e) => e.name === 'DeterminismViolationError' || /nondeterminism/i.test(e.message));
  });

  await t.test('a failing activity worker and a workflow worker on one queue share it', async (s) => {
    const on = queue();
    await run(s, on, { activities: undefined });
    const handle = await start(flows.sameBack, ['shared'], on);
    await until(async () => (await handle.describe()).raw.pendingActivities?.length === 1, 'the activity to wait for a worker');
    await run(s, on, { workflowBundle: undefined });
    assert.equal(await handle.result(), 'shared');
    assert.ok((await client.connection.workflowService.describeTaskQueue({ namespace: 'default', taskQueue: { name: on.taskQueue }, taskQueueType: 1 })).pollers.length > 0);
  });
});
