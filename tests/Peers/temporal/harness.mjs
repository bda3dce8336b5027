// One server, one client and one worker for all cases of a file.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { runWorker } from './worker.mjs';
import { startServer } from './server.mjs';

/** @returns {Promise<Client>} */
export async function connect(t, address, options = {}) {
  const connection = await Connection.connect({ address });
  t.after(() => connection.close());
  return new Client({ connection, ...options });
}

/** @param {{worker?: object | false, client?: object}} options */
export async function peer(t, { worker, client: clientOptions } = {}) {
  const taskQueue = 'peers';
  const server = await startServer();
  t.after(() => server.kill());
  const client = await connect(t, server.address, clientOptions);
  if (worker !== false) {
    await runWorker(t, server.address, taskQueue, worker);
  }
  // No workflow outlives its test by much: what waits for a result that never comes is told so.
  const limits = { workflowExecutionTimeout: '2 minutes' };
  const start = (flow, args = [], more = {}) => client.workflow.start(flow, { taskQueue, workflowId: randomUUID(), args, ...limits, ...more });
  return { server, client, taskQueue, start, execute: async (flow, args, more) => (await start(flow, args, more)).result() };
}

/** The failure a workflow ended with. */
export async function failureOf(handle) {
  const e = await handle.result().then((value) => assert.fail(`it returned ${JSON.stringify(value)}`), (error) => error);
  assert.ok(e instanceof WorkflowFailedError, e.stack);
  return e.cause;
}

/** The attributes of all events of a kind in a history, in order: `await attributes(handle, 'timerFired')`. */
export async function attributes(handle, kind) {
  const { events } = await handle.fetchHistory();
  return events.map((e) => e[`${kind}EventAttributes`]).filter(Boolean);
}
