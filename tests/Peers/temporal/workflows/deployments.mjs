// Workflows whose code differs between deployments; `globalThis.deployed` says which one a worker runs (see `deployment` in worker.mjs).
import { condition, defineQuery, defineSignal, deprecatePatch, patched, proxyActivities, setHandler, sleep } from '@temporalio/workflow';

export const proceed = defineSignal('proceed');
export const path = defineQuery('path');

const { same, tally } = proxyActivities({ startToCloseTimeout: '30 seconds' });

async function oldWay() {
  await sleep('5 ms');
  return 'old';
}

async function newWay() {
  return await same('new');
}

/** 1: the old way. 2: patched. 3: the patch deprecated. 4: the new way alone. */
export async function evolves() {
  let told = false;
  let way = 'undecided';
  setHandler(path, () => way);
  setHandler(proceed, () => {
    told = true;
  });
  switch (globalThis.deployed) {
    case 1:
      way = await oldWay();
      break;
    case 2:
      way = patched('the-new-way') ? await newWay() : await oldWay();
      break;
    case 3:
      deprecatePatch('the-new-way');
      way = await newWay();
      break;
    default:
      way = await newWay();
  }
  await condition(() => told);
  return way;
}

/** 1: a bug that fails the task. Later: mended. */
export async function buggy() {
  await sleep('5 ms');
  if (globalThis.deployed === 1) {
    undefined.property;
  }
  return 'mended';
}

/** A step at a time, each told to go on; the same in every deployment. */
export async function stepwise(name, count) {
  let told = 0;
  setHandler(proceed, () => {
    told++;
  });
  setHandler(path, () => told);
  for (let i = 0; i < count; i++) {
    await condition(() => told > i);
    await tally(name);
  }
  return told;
}

/** Counts in a module variable: runs must not see each other's. */
let counter = 0;
export async function isolated() {
  counter++;
  globalThis.shared = (globalThis.shared ?? 0) + 1;
  await sleep('5 ms');
  return [counter, globalThis.shared];
}
