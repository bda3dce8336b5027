// Stands between a client and the forge and keeps what they say to each other.
import { createServer } from 'node:http';

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-encoding', 'content-length', 'host']);
const api = '/api/v3';

/** A recorder before the forge at this address; `exchanges` grows with every call of the REST API. */
export async function startRecorder(target) {
  const exchanges = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const answer = await fetch(target + request.url, {
      method: request.method,
      headers: Object.entries(request.headers).filter(([name]) => !hopByHop.has(name)),
      body: body.length > 0 ? body : undefined,
      redirect: 'manual',
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const type = answer.headers.get('content-type') ?? '';
    const url = new URL(request.url, target);
    if (url.pathname.startsWith(api) && url.pathname !== `${api}/graphql`) {
      exchanges.push({
        method: request.method,
        path: decodeURIComponent(url.pathname.slice(api.length)) || '/',
        query: url.searchParams,
        body: body.length > 0 ? JSON.parse(body) : undefined,
        status: answer.status,
        type,
        answer: bytes.length === 0 ? undefined : type.includes('json') ? JSON.parse(bytes) : bytes.toString(),
      });
    }
    response.writeHead(answer.status, Object.fromEntries([...answer.headers].filter(([name]) => !hopByHop.has(name))));
    response.end(bytes);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, exchanges, stop: () => server.close() };
}
