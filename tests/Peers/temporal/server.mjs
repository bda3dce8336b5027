// Starts our server as the process a user would run, and finds out where it listens.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../../src/BotHost/bin', import.meta.url));

export function program() {
  if (process.env.CODINGAGENT) {
    return process.env.CODINGAGENT.split(' ');
  }
  const built = ['Debug', 'Release'].map((c) => path.join(bin, c, 'net10.0', 'codingagent.dll')).find(existsSync);
  if (!built) {
    throw new Error(`no codingagent.dll under ${bin}: build src/BotHost first, or name the program in CODINGAGENT`);
  }
  return ['dotnet', built];
}

/** Polls a real condition until it holds. */
export async function until(check, what) {
  const deadline = Date.now() + 40_000;
  while (!(await check())) {
    assert.ok(Date.now() < deadline, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** One database folder per test, removed at its end. */
export async function scratch(t) {
  const folder = await mkdtemp(path.join(tmpdir(), 'peers-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Asks for no key unless it is told to: most tests are about something else.
 * @param {{db?: string, port?: number, options?: string[], open?: boolean}} options
 * @returns {Promise<{address: string, port: number, kill: (signal?: NodeJS.Signals) => Promise<void>}>}
 */
export async function startServer({ db, port = 0, options = [], open = true } = {}) {
  const [command, ...args] = [...program(), 'temporal-server', '--port', String(port), ...(open ? ['--allow-unauthenticated'] : []), ...(db ? ['--db', db] : []), ...options];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const address = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /^Temporal server listening on (\S+)$/.exec(line);
      if (found) {
        resolve(found[1]);
      }
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it listened`)));
  });
  return {
    address,
    port: Number(address.split(':')[1]),
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal);
      await exited;
    },
  };
}
