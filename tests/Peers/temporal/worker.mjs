// A worker; as a program it runs until it is killed: node worker.mjs ADDRESS QUEUE
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import * as activities from './activities.mjs';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const workflowsPath = fileURLToPath(new URL('./workflows.mjs', import.meta.url));
let bundle;

export async function createWorker(address, taskQueue, options = {}) {
  bundle ??= bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({ connection, taskQueue, activities, workflowBundle: await bundle, ...options });
  return { worker, connection };
}

/** Runs a worker for the length of a test. */
export async function runWorker(t, address, taskQueue, options) {
  const { worker, connection } = await createWorker(address, taskQueue, options);
  const running = worker.run();
  t.after(async () => {
    if (worker.getState() === 'RUNNING') {
      worker.shutdown();
    }
    await running;
    await connection.close();
  });
  return worker;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , address, taskQueue] = process.argv;
  const { worker } = await createWorker(address, taskQueue);
  console.log('worker ready');
  await worker.run();
}
