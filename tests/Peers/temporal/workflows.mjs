// Workflows of the official TypeScript SDK; bundled by its worker.
import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  isCancellation,
  patched,
  proxyActivities,
  setHandler,
  sleep,
  startChild,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';

const options = {
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '3 seconds',
  retry: { initialInterval: '100 ms' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};
const { flaky, record, slow } = proxyActivities(options);
// Nothing waits for this one's timeout, so a busy machine may keep it silent for a while.
const { untilCancelled } = proxyActivities({ ...options, heartbeatTimeout: '20 seconds' });

export const approve = defineSignal('approve');
export const stage = defineQuery('stage');
export const add = defineUpdate('add');

/** Activity with retries, timer, signal and query: the way every product starts. */
export async function order(name) {
  let at = 'working';
  let by;
  setHandler(stage, () => at);
  setHandler(approve, (who) => {
    by = who;
  });
  const attempts = await flaky(name, 3);
  at = 'sleeping';
  await sleep('200 ms');
  at = 'waiting';
  await condition(() => by !== undefined);
  at = 'done';
  return `${name}: ${attempts} attempts, approved by ${by}`;
}

/** Steps of activity and timer, each recorded outside, so that losing or doubling one shows. */
export async function steps(file, count) {
  let done = 0;
  setHandler(stage, () => done);
  for (let i = 0; i < count; i++) {
    await record(file, `step ${i}`);
    await sleep('100 ms');
    done = i + 1;
  }
  return done;
}

export async function slowStep(file) {
  return await slow(file);
}

export async function child(n) {
  await sleep('50 ms');
  return n * 2;
}

export async function failingChild() {
  await sleep('10 ms');
  throw ApplicationFailure.nonRetryable('the child says no');
}

export async function parent() {
  const sum = (await Promise.all([1, 2, 3].map((n) => executeChild(child, { args: [n] })))).reduce((a, b) => a + b, 0);
  try {
    await executeChild(failingChild, { retry: { maximumAttempts: 1 } });
  } catch (e) {
    return `${sum}, ${e.cause.message}`;
  }
}

export async function abandonedParent() {
  await startChild(order, { args: ['orphan'], workflowId: `${workflowInfo().workflowId}-child`, parentClosePolicy: 'TERMINATE' });
}

export async function counting(n, end) {
  if (patched('counting-sleeps')) {
    await sleep('10 ms');
  }
  upsertMemo({ n });
  if (n < end) {
    await continueAsNew(n + 1, end);
  }
  return n;
}

export async function cancellable() {
  try {
    await untilCancelled();
  } catch (e) {
    if (!isCancellation(e)) {
      throw e;
    }
    await CancellationScope.nonCancellable(() => sleep('10 ms'));
    throw e;
  }
}

export async function adder() {
  let sum = 0;
  setHandler(
    add,
    async (n) => {
      await sleep('10 ms');
      sum += n;
      return sum;
    },
    {
      validator: (n) => {
        if (n < 0) {
          throw new Error('only forward');
        }
      },
    },
  );
  await condition(() => sum >= 10);
  return sum;
}

export * from './workflows/activities.mjs';
export * from './workflows/bench.mjs';
export * from './workflows/children.mjs';
export * from './workflows/deployments.mjs';
export * from './workflows/lifecycle.mjs';
export * from './workflows/messages.mjs';
export * from './workflows/scopes.mjs';
export * from './workflows/cross.mjs';
