import {
  CancellationScope, ChildWorkflowCancellationType, condition, continueAsNew, defineQuery, defineSignal, executeChild, getExternalWorkflowHandle, isCancellation, setHandler, sleep, startChild,
  workflowInfo,
} from '@temporalio/workflow';

export const release = defineSignal('release');
export const childState = defineQuery('childState');

/** Runs until it is released; tells its own id. */
export async function waits() {
  let released = false;
  setHandler(release, () => {
    released = true;
  });
  await condition(() => released);
  return workflowInfo().workflowId;
}

/** Any child with any options. */
export async function oneChild(type, options = {}, ...args) {
  return await executeChild(type, { ...options, args });
}

/** Starts a child and closes: what becomes of it is the policy's. */
export async function leavesChild(workflowId, parentClosePolicy) {
  await startChild(waits, { workflowId, parentClosePolicy });
}

export async function signalsChild() {
  const handle = await startChild(waits);
  await handle.signal(release);
  const result = await handle.result();
  try {
    await handle.signal(release);
    return `${result} took a signal after its end`;
  } catch (e) {
    return result === handle.workflowId ? e.message : `${result} is not ${handle.workflowId}`;
  }
}

/** Cancels its child when released and tells in what order things were seen. */
export async function cancelsChild(type, workflowId, cancellationType) {
  let told = false;
  setHandler(release, () => {
    told = true;
  });
  const scope = new CancellationScope();
  const outcome = scope.run(async () => {
    const handle = await startChild(type, { workflowId, cancellationType: ChildWorkflowCancellationType[cancellationType] });
    return handle.result();
  }).then((value) => `returned ${value}`, (e) => (isCancellation(e) ? `cancelled as ${e.name}` : `failed: ${e}`));
  await condition(() => told);
  scope.cancel();
  return await outcome;
}

/** Cleans up until it is released. */
export async function cleansUpSlowly() {
  let released = false;
  let state = 'running';
  setHandler(childState, () => state);
  setHandler(release, () => {
    released = true;
  });
  try {
    await sleep('1 hour');
  } finally {
    state = 'cleaning';
    await CancellationScope.nonCancellable(() => condition(() => released));
  }
}

/** Succeeds at the attempt asked for. */
export async function succeedsAtAttempt(n) {
  const { attempt } = workflowInfo();
  if (attempt < n) {
    throw new Error(`attempt ${attempt} of the child`);
  }
  return attempt;
}

export async function countsInRuns(n, end) {
  return n < end ? await continueAsNew(n + 1, end) : n;
}

/** Signals, or cancels, a workflow that may not be there. */
export async function reachesFor(workflowId, what) {
  const other = getExternalWorkflowHandle(workflowId);
  try {
    await (what === 'cancel' ? other.cancel() : other.signal(release));
    return 'reached';
  } catch (e) {
    return `${e.name}: ${e.message}`;
  }
}

export async function startsTaken(workflowId) {
  try {
    await startChild(waits, { workflowId });
    return 'started';
  } catch (e) {
    return `${e.name} ${e.workflowId} ${e.workflowType}`;
  }
}
