import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';

export const benchGo = defineSignal('go');

/** One no-op activity after the other; the same as BenchStepsWorkflow in bench/. */
export async function benchSteps(count) {
  const { noop } = proxyActivities({ startToCloseTimeout: '30 seconds' });
  for (let i = 0; i < count; i++) {
    await noop();
  }
}

/** Ends at its signal; the same as BenchParkedWorkflow in bench/. */
export async function benchParked() {
  let told = false;
  setHandler(benchGo, () => {
    told = true;
  });
  await condition(() => told);
}
