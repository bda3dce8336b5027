// Our MCP servers as the process a user would run, over HTTP with their token; and the way to them for clients that cannot send one.
import { spawn } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { program } from '../temporal/server.mjs';

/** A git working copy with a file, removed at the test's end. */
export async function workingCopy(t) {
  const folder = await mkdtemp(path.join(tmpdir(), 'peers-mcp-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(path.join(folder, 'a.txt'), 'one\n');
  for (const line of ['init -q', 'add -A', '-c user.name=t -c user.email=t@t commit -qm all']) {
    execFileSync('git', ['-C', folder, ...line.split(' ')]);
  }
  return folder;
}

/** The command line of a server, for clients that start it themselves. */
export const commandOf = (kind, folder) => [...program(), 'mcp', kind, '--workspace', folder];

/**
 * A server over HTTP, ended with the test.
 * @returns {Promise<{url: string, token: string}>}
 */
export async function startMcp(t, kind, folder) {
  const [command, ...args] = [...commandOf(kind, folder), '--http', '127.0.0.1:0'];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  t.after(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  let file;
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      file ??= /^token in (.+): callers send it/.exec(line)?.[1];
      const found = /^MCP server listening on (\S+)$/.exec(line);
      if (found) {
        resolve(found[1]);
      }
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it listened`)));
  });
  return { url, token: (await readFile(file, 'utf8')).trim() };
}

/** Passes everything on as it comes, Host and Origin included, with the token: the suite has no option for one. */
export async function withToken(t, { url, token }) {
  const target = new URL(url);
  const server = http.createServer((request, response) => {
    const onward = http.request(
      { host: target.hostname, port: target.port, method: request.method, path: request.url, headers: { ...request.headers, authorization: `Bearer ${token}` } },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}${target.pathname}`;
}
