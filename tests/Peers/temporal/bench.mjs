// The official TypeScript worker and replayer as the peers of bench/; it ends when its input closes.
//   node bench.mjs worker ADDRESS QUEUE     prints "ready", then works
//   node bench.mjs replay HISTORY.json      prints "ready", then replays it for every line it reads: {"events":…,"ms":…,"eventsPerSecond":…}
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
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
  const history = historyFromJSON(JSON.parse(await readFile(file, 'utf8')));
  const workflowBundle = await bundled();
  console.log('ready');

  // One replay worker for all rounds, so that what is measured is the replay, not the making of workers.
  let started;
  async function* histories() {
    let n = 0;
    for await (const _ of input) {
      started = process.hrtime.bigint();
      yield { workflowId: `replay-${n++}`, history };
    }
  }
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, histories())) {
    if (error) {
      throw error;
    }
    const ms = Number(process.hrtime.bigint() - started) / 1e6;
    console.log(JSON.stringify({ events: history.events.length, ms, eventsPerSecond: Math.round((history.events.length * 1000) / ms) }));
  }
}

await { worker: work, replay }[mode](...args);
process.exit(0);
