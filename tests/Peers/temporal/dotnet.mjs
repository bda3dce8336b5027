// Starts the .NET side of the runs across languages (tests/Peers/Dotnet).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../Dotnet/bin', import.meta.url));

function start(args, stdin) {
  const dll = ['Debug', 'Release'].map((c) => path.join(bin, c, 'net10.0', 'CodingAgent.Peers.Dotnet.dll')).find(existsSync);
  if (!dll) {
    throw new Error(`no CodingAgent.Peers.Dotnet.dll under ${bin}: build tests/Peers/Dotnet first`);
  }
  const child = spawn('dotnet', [dll, ...args], { stdio: [stdin, 'pipe', 'inherit'] });
  return { child, exited: new Promise((resolve) => child.once('exit', resolve)) };
}

/** A .NET worker for the length of a test; it is killed at its end, for told to stop it would wait for a server that has gone before it. */
export async function runDotnetWorker(t, address, taskQueue, otherQueue) {
  const { child, exited } = start(['worker', address, taskQueue, otherQueue], 'pipe');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => line === 'worker ready' && resolve());
    exited.then((code) => reject(new Error(`the .NET worker ended with ${code}`)));
  });
}

/** Comments, titles and commits with hostile text in them, as the product writes them. */
export async function readDotnetWords() {
  const { child, exited } = start(['words'], 'ignore');
  const documents = [];
  createInterface({ input: child.stdout }).on('line', (line) => documents.push(JSON.parse(line)));
  const code = await exited;
  if (code !== 0) {
    throw new Error(`the .NET program ended with ${code}`);
  }
  return documents;
}

/** Runs scenarios of the .NET client; each line it prints says how one went. */
export async function runDotnetClient(address, taskQueue, scenarios) {
  const { child, exited } = start(['client', address, taskQueue, ...scenarios], 'ignore');
  const lines = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await exited;
  return lines;
}

/** What the product asks of GitHub in the life of a task, at this API; `review` is given the number of its pull request and says which line comment it got. */
export async function runDotnetTask(api, branch, review) {
  const { child, exited } = start(['github-task', api, branch], 'pipe');
  const number = await Promise.race([new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve)), exited]);
  child.stdin.end(`${await review(number)}\n`);
  const code = await exited;
  if (code !== 0) {
    throw new Error(`the product's task ended with ${code}`);
  }
}

/** A LocalForge, until it is told to stop: with GitLab's face its address, with GitHub's (`github`) what there is to know of it as JSON. */
export async function startDotnetForge(face = 'forge') {
  const { child, exited } = start([face], 'pipe');
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    exited.then((code) => reject(new Error(`the forge ended with ${code}`)));
  });
  const stop = () => {
    child.stdin.end();
    return exited;
  };
  return { url, stop };
}
