import { appendFile } from 'node:fs/promises';
import { activityInfo, cancelled, heartbeat, sleep } from '@temporalio/activity';

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
