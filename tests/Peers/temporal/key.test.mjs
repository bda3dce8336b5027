// The key that the server makes for itself, with the official client and worker.
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { bundled } from './worker.mjs';
import { scratch, startServer } from './server.mjs';
import * as flows from './workflows.mjs';

test('a server on a database asks for the key beside it', async (t) => {
  const folder = await scratch(t);
  const server = await startServer({ db: path.join(folder, 'temporal.db'), open: false });
  t.after(() => server.kill());
  const file = path.join(folder, 'temporal.key');
  const apiKey = (await readFile(file, 'utf8')).trim();
  assert.equal((await stat(file)).mode & 0o777, 0o600);

  for (const given of [undefined, `${apiKey}x`]) {
    const stranger = Connection.lazy({ address: server.address, tls: false, apiKey: given });
    t.after(() => stranger.close());
    await assert.rejects(new Client({ connection: stranger }).workflow.count(), (e) => e.cause?.code === 16); // UNAUTHENTICATED
  }

  const connection = await Connection.connect({ address: server.address, tls: false, apiKey });
  t.after(() => connection.close());
  const native = await NativeConnection.connect({ address: server.address, tls: false, apiKey });
  t.after(() => native.close());
  const worker = await Worker.create({ connection: native, taskQueue: 'guarded', workflowBundle: await bundled() });
  const client = new Client({ connection });
  await worker.runUntil(async () => {
    assert.equal(await client.workflow.execute(flows.child, { taskQueue: 'guarded', workflowId: 'guarded', args: [21] }), 42);
  });
});
