// A gRPC server that is not ours (grpc-js, with the published messages) in front of a server: whatever our .NET client says to it, and is
// told by it, has gone through another implementation of the protocol.
import { createRequire } from 'node:module';
import proto from '@temporalio/proto';

const require = createRequire(import.meta.url);
const grpc = createRequire(require.resolve('@temporalio/client'))('@grpc/grpc-js');
const name = 'temporal.api.workflowservice.v1.WorkflowService';
const methods = proto.lookupService(name).methodsArray.map((method) => method.resolve());
const encode = (type) => (message) => Buffer.from(type.encode(message).finish());

/** Relays between a port of its own and a server; `restart` breaks every connection and listens again on the same port. */
export async function startRelay(t, upstream) {
  const client = new grpc.Client(upstream, grpc.credentials.createInsecure());
  const seen = new Map();
  const listen = async (address) => {
    const server = new grpc.Server();
    for (const { name: method, resolvedRequestType: request, resolvedResponseType: response } of methods) {
      const path = `/${name}/${method}`;
      const handle = (call, callback) => {
        seen.set(method, (seen.get(method) ?? 0) + 1);
        const options = { deadline: call.getDeadline() };
        const passed = client.makeUnaryRequest(path, encode(request), (b) => response.decode(b), call.request, call.metadata, options, (error, value) => {
          callback(error && { code: error.code, details: error.details, metadata: error.metadata }, value);
        });
        call.on('cancelled', () => passed.cancel());
      };
      server.register(path, handle, encode(response), (b) => request.decode(b), 'unary');
    }
    const port = await new Promise((resolve, reject) => {
      server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
    });
    return { server, address: `127.0.0.1:${port}` };
  };
  let { server, address } = await listen('127.0.0.1:0');
  t.after(() => {
    server.forceShutdown();
    client.close();
  });
  return {
    address,
    /** How often a method was called. */
    calls: (method) => seen.get(method) ?? 0,
    restart: async () => {
      server.forceShutdown();
      ({ server } = await listen(address));
    },
  };
}
