// The official TypeScript worker and replayer as the peers of bench/; it ends when its input closes.
//   node bench.mjs worker ADDRESS QUEUE     prints "ready", then works
//   node bench.mjs replay HISTORY           prints "ready", then replays it for every line it reads: {"events":…,"ms":…,"eventsPerSecond":…}
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { bundled, createWorker } from './worker.mjs';

const [mode, ...args] = process.argv.slice(2);
const input = createInterface({ input: process.stdin });

async function work(address, taskQueue) {
  const { worker } = await createWorker(address, taskQueue);
  input.once('close', () => worker.shutdown());
  const running = worker.run();
  console.log('ready');
  await running;
}

async function replay(file) {
  const history = proto.temporal.api.history.v1.History.decode(await readFile(file)); // The protocol's own bytes.
  const workflowBundle = await bundled();
  console.log('ready');

  for await (const _ of input) {
    // Several in one replay worker, timed from the first: what is measured is the replay, not the making of the worker.
    const copies = 3;
    let started;
    async function* histories() {
      started = process.hrtime.bigint();
      for (let i = 0; i < copies; i++) {
        yield { workflowId: `replay-${i}`, history };
      }
    }
    for await (const { error } of Worker.runReplayHistories({ workflowBundle }, histories())) {
      if (error) {
        throw error;
      }
    }
    const ms = Number(process.hrtime.bigint() - started) / 1e6 / copies;
    console.log(JSON.stringify({ events: history.events.length, ms, eventsPerSecond: Math.round((history.events.length * 1000) / ms) }));
  }
}

await { worker: work, replay }[mode](...args);
process.exit(0);
