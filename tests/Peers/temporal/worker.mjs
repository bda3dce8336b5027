// A worker; as a program it runs until it is killed: node worker.mjs ADDRESS QUEUE BUNDLE
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import * as activities from './activities.mjs';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const workflowsPath = fileURLToPath(new URL('./workflows.mjs', import.meta.url));
let bundle;

/** The workflows as one script; made once, for it takes seconds. */
export const bundled = () => (bundle ??= bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }));

export async function createWorker(address, taskQueue, options = {}) {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({ connection, taskQueue, activities, workflowBundle: options.workflowBundle ?? (await bundled()), ...options });
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
  const [, , address, taskQueue, codePath] = process.argv;
  const { worker } = await createWorker(address, taskQueue, { workflowBundle: { codePath } });
  console.log('worker ready');
  await worker.run();
}
