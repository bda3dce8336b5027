import { appendFile } from 'node:fs/promises';
import { ApplicationFailure, CompleteAsyncError, activityInfo, cancelled, heartbeat, sleep } from '@temporalio/activity';

/** What activities of this process left behind, by a name their test chose. */
export const seen = new Map();

const gates = new Map();

/** Two ends of one promise: an activity waits for it, the test opens it. */
export function gate(name) {
  if (!gates.has(name)) {
    let open;
    const opened = new Promise((resolve) => {
      open = resolve;
    });
    gates.set(name, { open, opened });
  }
  return gates.get(name);
}

/** Fails until the attempt asked for. */
export async function flaky(name, succeedsAt) {
  const { attempt } = activityInfo();
  if (attempt < succeedsAt) {
    throw new Error(`${name}: attempt ${attempt} fails`);
  }
  return attempt;
}

export async function record(file, line) {
  await appendFile(file, `${line}\n`);
}

/** Tells that it began, then takes longer than its worker lives the first time. */
export async function slow(file) {
  const { attempt } = activityInfo();
  await appendFile(file, `began ${attempt}\n`);
  for (let i = 0; i < (attempt === 1 ? 200 : 2); i++) {
    heartbeat(i);
    await sleep(100);
  }
  await appendFile(file, `ended ${attempt}\n`);
  return attempt;
}

export async function untilCancelled() {
  const beat = setInterval(() => heartbeat('alive'), 100);
  try {
    await cancelled();
  } finally {
    clearInterval(beat);
  }
}

/** Fails as it is told, at every attempt before the one that succeeds. */
export async function failAs({ succeedsAt = Infinity, message = 'told to fail', ...failure }) {
  const { attempt } = activityInfo();
  if (attempt < succeedsAt) {
    throw ApplicationFailure.create({ message: `${message}, attempt ${attempt}`, ...failure });
  }
  return attempt;
}

export async function refuse() {
  throw ApplicationFailure.create({
    message: 'refused', type: 'Refusal', nonRetryable: true, details: ['first', 2], cause: new Error('the reason below'),
  });
}

/** Leaves a page number with every attempt, and goes on from the one before. */
export async function pages(end) {
  const { attempt, heartbeatDetails } = activityInfo();
  const page = (heartbeatDetails?.page ?? 0) + 1;
  if (page < end) {
    heartbeat({ page });
    throw new Error(`attempt ${attempt} stops at page ${page}`);
  }
  return { attempt, page };
}

/** Takes longer than it is given: only the end of its worker, or a cancellation, ends it. */
export async function stuck(lastWords) {
  if (lastWords !== undefined) {
    heartbeat(lastWords);
  }
  await sleep('1 hour');
}

/** When cancelled it cleans up until its gate opens; then it is cancelled, or returns all the same. */
export async function cleansUp(name, returns) {
  const beat = setInterval(() => heartbeat('alive'), 50);
  try {
    seen.set(name, 'running');
    await cancelled();
  } catch (e) {
    seen.set(name, 'cleaning');
    await gate(name).opened;
    seen.set(name, 'ended');
    if (returns === undefined) {
      throw e;
    }
    return returns;
  } finally {
    clearInterval(beat);
  }
}

/** Waits for its gate and pays no heed to cancellation. */
export async function deaf(name) {
  seen.set(name, 'running');
  await gate(name).opened;
  return 'heard nothing';
}

/** Somebody else completes it, by its token or by its id. */
export async function completedElsewhere(name) {
  seen.set(name, activityInfo());
  throw new CompleteAsyncError();
}

/** Counts how often it ran. */
export async function tally(name) {
  seen.set(name, (seen.get(name) ?? 0) + 1);
  return seen.get(name);
}

export async function same(value) {
  return value;
}

export async function reverse(bytes) {
  return Uint8Array.from(bytes).reverse();
}

export async function noop() {}
