import {
  ActivityCancellationType, CancellationScope, condition, defineQuery, defineSignal, isCancellation, proxyActivities, proxyLocalActivities, setHandler, sleep,
} from '@temporalio/workflow';

export const went = defineQuery('went');
export const stopIt = defineSignal('stopIt');

/** Any activity with any options. */
export async function oneActivity(name, options, ...args) {
  return await proxyActivities(options)[name](...args);
}

/** Cancels an activity when told to, and says what that looked like from here. */
export async function cancelsActivity(name, cancellationType, options, ...args) {
  const activities = proxyActivities({
    startToCloseTimeout: '1 minute', heartbeatTimeout: '2 seconds', cancellationType: ActivityCancellationType[cancellationType], ...options,
  });
  const scope = new CancellationScope();
  let state = 'running';
  let told = false;
  setHandler(went, () => state);
  setHandler(stopIt, () => {
    told = true;
  });
  const outcome = scope.run(() => activities[name](...args)).then(
    (value) => `returned ${value}`,
    (e) => (isCancellation(e) ? `cancelled as ${e.name}` : `failed: ${e}`),
  );
  outcome.then((text) => {
    state = text;
  });
  await condition(() => told || state !== 'running');
  scope.cancel();
  await sleep(1);
  if (state === 'running') {
    state = 'cancelling';
  }
  return await outcome;
}

/** Local activities leave markers: one that counts, one that needs three attempts, one that fails. */
export async function localActivities(name) {
  const options = { startToCloseTimeout: '10 seconds', retry: { initialInterval: '5 ms', maximumAttempts: 3 } };
  const local = proxyLocalActivities(options);
  let told = false;
  setHandler(stopIt, () => {
    told = true;
  });
  const counted = await local.tally(name);
  const attempts = await local.flaky(name, 3);
  let failure;
  try {
    await local.refuse();
  } catch (e) {
    failure = `${e.name} ${e.type}: ${e.message}`;
  }
  await condition(() => told);
  return { counted, attempts, failure, after: await local.same('after') };
}
