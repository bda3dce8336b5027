// A worker; as a program it runs until it is killed: node worker.mjs ADDRESS QUEUE BUNDLE
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import * as activities from './activities.mjs';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const workflowsPath = fileURLToPath(new URL('./workflows.mjs', import.meta.url));
const cache = fileURLToPath(new URL('../node_modules/.cache/workflows', import.meta.url));
let bundle;

async function hashOfSources() {
  const folder = path.join(path.dirname(workflowsPath), 'workflows');
  const files = [workflowsPath, ...(await readdir(folder)).sort().map((f) => path.join(folder, f)), path.join(folder, '../../package-lock.json')];
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

async function makeBundle() {
  const file = path.join(cache, `${await hashOfSources()}.js`);
  try {
    return { code: await readFile(file, 'utf8') };
  } catch {
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    await mkdir(cache, { recursive: true });
    await writeFile(`${file}.${process.pid}`, code);
    await rename(`${file}.${process.pid}`, file);
    return { code };
  }
}

/** The workflows as one script; it takes seconds to make, so all test files share what the first of them made of these sources. */
export const bundled = () => (bundle ??= makeBundle());

/** The same workflows as another deployment: `globalThis.deployed` is what its code branches on. */
export const deployment = async (version) => ({ code: `globalThis.deployed = ${JSON.stringify(version)};\n${(await bundled()).code}` });

export async function createWorker(address, taskQueue, options = {}) {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    activities,
    workflowBundle: options.workflowBundle ?? (await bundled()),
    // By itself it sends one after four fifths of the timeout, and a busy machine has the last fifth to be late in.
    maxHeartbeatThrottleInterval: '1 second',
    ...options,
  });
  return { worker, connection };
}

/** Runs a worker for the length of a test, or until it is stopped. */
export async function runWorker(t, address, taskQueue, options) {
  const { worker, connection } = await createWorker(address, taskQueue, options);
  const running = worker.run();
  let stopped;
  const stop = () => (stopped ??= (async () => {
    if (worker.getState() === 'RUNNING') {
      worker.shutdown();
    }
    await running;
    await connection.close();
  })());
  t.after(stop);
  return { worker, stop };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , address, taskQueue, codePath] = process.argv;
  const { worker } = await createWorker(address, taskQueue, { workflowBundle: { codePath } });
  console.log('worker ready');
  await worker.run();
}
