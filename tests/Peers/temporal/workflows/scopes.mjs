import {
  CancellationScope, CancelledFailure, Trigger, condition, defineQuery, isCancellation, proxyActivities, setHandler, sleep, uuid4, workflowInfo,
} from '@temporalio/workflow';

export const phase = defineQuery('phase');

/** Timers in scopes of every kind; tells what became of each. */
export async function scopes() {
  const outcome = async (promise) => {
    try {
      return (await promise) ?? 'done';
    } catch (e) {
      return isCancellation(e) ? 'cancelled' : `failed: ${e}`;
    }
  };
  const timedOut = await outcome(CancellationScope.withTimeout('50 ms', () => sleep('1 hour')));
  const inTime = await outcome(CancellationScope.withTimeout('1 hour', () => sleep('10 ms')));

  const outer = new CancellationScope();
  let shield;
  const plain = outcome(outer.run(() => {
    shield = outcome(CancellationScope.nonCancellable(() => sleep('50 ms')));
    return sleep('1 hour');
  }));
  outer.cancel();

  const first = new CancellationScope();
  const second = new CancellationScope();
  const loser = outcome(second.run(() => sleep('1 hour')));
  await first.run(() => sleep('10 ms'));
  second.cancel();

  const early = new CancellationScope();
  early.cancel();
  const late = await outcome(early.run(() => sleep('1 hour')));
  return { timedOut, inTime, plain: await plain, shield: await shield, loser: await loser, late };
}

/** Cancelled, it cleans up behind a shield, with an activity and a timer, and then ends in the way asked for. */
export async function shieldedCleanup(end) {
  const { tally } = proxyActivities({ startToCloseTimeout: '30 seconds' });
  let at = 'waiting';
  setHandler(phase, () => at);
  try {
    await CancellationScope.cancellable(() => condition(() => false));
  } catch (e) {
    await CancellationScope.nonCancellable(async () => {
      await sleep('20 ms');
      await tally(workflowInfo().workflowId);
    });
    at = 'cleaned';
    if (end === 'rethrow') {
      throw e;
    }
    return 'cleaned up and completed';
  }
}

export async function conditions() {
  let flag = false;
  const inVain = await condition(() => flag, '30 ms');
  sleep('10 ms').then(() => {
    flag = true;
  });
  const inTime = await condition(() => flag, '1 hour');
  const none = await condition(() => false, 0);
  const trigger = new Trigger();
  sleep('10 ms').then(() => trigger.resolve('pulled'));
  return { inVain, inTime, none, trigger: await trigger };
}

/** Cancellation requested of the scope it runs in, seen through `cancelRequested`. */
export async function noticesCancellation() {
  const scope = CancellationScope.current();
  const noticed = scope.cancelRequested.catch((e) => e instanceof CancelledFailure);
  return await CancellationScope.nonCancellable(() => noticed);
}

/** Random numbers, ids and time as the history has them, drawn before and after a wait. */
export async function draws() {
  const before = [Math.random(), uuid4(), Date.now()];
  await sleep('10 ms');
  return { before, after: [Math.random(), uuid4()], moved: Date.now() >= before[2] + 10 };
}

export async function sleepsAnHour() {
  await sleep('1 hour');
  return 'slept';
}
