// The test service: time that skips while nothing but timers is left. Its messages are not in the client's package: the one that is read is written out.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { connect } from './harness.mjs';
import { startServer } from './server.mjs';
import { runWorker } from './worker.mjs';
import * as flows from './workflows.mjs';

const require = createRequire(import.meta.url);
const grpc = createRequire(require.resolve('@temporalio/client'))('@grpc/grpc-js');
const protobuf = createRequire(require.resolve('@temporalio/proto'))('protobufjs');

function testService(address) {
  const timestamp = new protobuf.Type('Timestamp').add(new protobuf.Field('seconds', 1, 'int64')).add(new protobuf.Field('nanos', 2, 'int32'));
  const currentTime = new protobuf.Type('GetCurrentTimeResponse').add(new protobuf.Field('time', 1, 'Timestamp')).add(timestamp);
  const client = new grpc.Client(address, grpc.credentials.createInsecure());
  // The requests used here have no fields.
  const call = (method) => new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/temporal.api.testservice.v1.TestService/${method}`,
      () => Buffer.alloc(0),
      (bytes) => (method === 'GetCurrentTime' ? currentTime.decode(bytes) : {}),
      {}, (error, value) => (error ? reject(error) : resolve(value)),
    );
  });
  return { call, close: () => client.close() };
}

test('time skipping', async (t) => {
  const server = await startServer({ options: ['--time-skipping'] });
  t.after(() => server.kill());
  const service = testService(server.address);
  t.after(() => service.close());
  const client = await connect(t, server.address);
  await runWorker(t, server.address, 'skipping');
  const now = async () => Number((await service.call('GetCurrentTime')).time.seconds);

  await t.test('locked, time goes by itself', async () => {
    const before = await now();
    assert.ok(Math.abs(before - Date.now() / 1000) < 3600);
  });

  await t.test('unlocked, a long timer fires at once', async () => {
    const before = await now();
    await service.call('UnlockTimeSkipping');
    try {
      const handle = await client.workflow.start(flows.sleepsAnHour, { taskQueue: 'skipping', workflowId: 'long' });
      assert.equal(await handle.result(), 'slept');
      assert.ok((await now()) - before >= 3600);
    } finally {
      await service.call('LockTimeSkipping');
    }
  });
});
