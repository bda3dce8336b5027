// Schedules, as the official client makes and reads them.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { peer } from './harness.mjs';
import { until } from './server.mjs';
import * as flows from './workflows.mjs';

const never = { calendars: [{ year: 2099 }] };

test('schedules', async (t) => {
  const { client, taskQueue } = await peer(t);
  const action = (more = {}) => ({ type: 'startWorkflow', workflowType: flows.listener, args: [0], taskQueue, workflowId: `scheduled-${randomUUID()}`, ...more });
  const create = (spec, more = {}) => client.schedule.create({ scheduleId: randomUUID(), spec, action: action(), ...more });
  const runs = async (schedule) => (await schedule.describe()).info.recentActions;

  await t.test('created, described, deleted', async () => {
    const schedule = await create({ intervals: [{ every: '1 hour', offset: '5 minutes' }], jitter: '1 second' }, {
      action: action({ memo: { m: 1 } }), memo: { note: 'n' }, policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow: '2 minutes' }, state: { note: 'as it began' },
    });
    const description = await schedule.describe();
    assert.equal(description.scheduleId, schedule.scheduleId);
    assert.equal(description.spec.intervals[0].every, 3_600_000);
    assert.equal(description.spec.intervals[0].offset, 300_000);
    assert.equal(description.action.workflowType, 'listener');
    assert.equal(description.policies.overlap, ScheduleOverlapPolicy.BUFFER_ONE);
    assert.deepEqual([description.state.paused, description.state.note, description.memo], [false, 'as it began', { note: 'n' }]);
    assert.ok(description.info.nextActionTimes.length > 0);
    await schedule.delete();
    await assert.rejects(schedule.describe(), ScheduleNotFoundError);
  });

  await t.test('an id that is taken, and one that is not there', async () => {
    const schedule = await create(never);
    await assert.rejects(client.schedule.create({ scheduleId: schedule.scheduleId, spec: never, action: action() }), ScheduleAlreadyRunning);
    await assert.rejects(client.schedule.getHandle('never-was').trigger(), ScheduleNotFoundError);
    await schedule.delete();
  });

  await t.test('it acts by its interval', async () => {
    const schedule = await create({ intervals: [{ every: '1 second' }] });
    await until(async () => (await runs(schedule)).length >= 2, 'two actions');
    const [first] = await runs(schedule);
    const { workflowId, firstExecutionRunId } = first.action.workflow;
    await client.workflow.getHandle(workflowId, firstExecutionRunId).result();
    await schedule.delete();
  });

  await t.test('paused it does nothing, triggered it acts at once', async () => {
    const schedule = await create({ intervals: [{ every: '1 second' }] }, { state: { paused: true } });
    await schedule.unpause('go on');
    assert.deepEqual((({ paused, note }) => [paused, note])((await schedule.describe()).state), [false, 'go on']);
    await schedule.pause('enough');
    assert.deepEqual((({ paused, note }) => [paused, note])((await schedule.describe()).state), [true, 'enough']);
    const before = (await schedule.describe()).info.numActionsTaken;
    await schedule.trigger();
    await until(async () => (await schedule.describe()).info.numActionsTaken > before, 'the triggered action');
    await schedule.delete();
  });

  await t.test('updated', async () => {
    const schedule = await create(never);
    await schedule.update((previous) => ({ ...previous, spec: { intervals: [{ every: '2 hours' }] } }));
    assert.equal((await schedule.describe()).spec.intervals[0].every, 7_200_000);
    await schedule.delete();
  });

  await t.test('listed', async () => {
    const schedule = await create(never);
    const ids = async () => {
      const found = [];
      for await (const s of client.schedule.list()) {
        found.push(s.scheduleId);
      }
      return found;
    };
    await until(async () => (await ids()).includes(schedule.scheduleId), 'it to be listed');
    await schedule.delete();
    await until(async () => !(await ids()).includes(schedule.scheduleId), 'it to be gone');
  });

  await t.test('backfilled', async () => {
    const schedule = await create({ intervals: [{ every: '1 hour' }] }, { state: { paused: true } });
    const end = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_000_000);
    await schedule.backfill({ start: new Date(end.getTime() - 2 * 3_600_000), end, overlap: ScheduleOverlapPolicy.ALLOW_ALL });
    await until(async () => (await schedule.describe()).info.numActionsTaken >= 2, 'two past actions');
    await schedule.delete();
  });
});
