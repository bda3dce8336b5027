import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Commits files on a branch of acme/shop and pushes it as the bot; the commit's sha. */
export async function commit(web, branch, files) {
  const folder = await mkdtemp(path.join(tmpdir(), 'peers-github-'));
  const git = (...args) => execFileSync('git', ['-c', 'user.name=bot', '-c', 'user.email=bot@example.org', ...args], {
    cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' },
  });
  try {
    git('clone', '-q', `${web.replace('//', '//bot:token-bot@')}/acme/shop.git`, '.');
    git('checkout', '-qB', branch, git('branch', '-rl', `origin/${branch}`).trim() || 'origin/main');
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    git('add', '--all');
    git('commit', '-qm', 'Pay twice');
    git('push', '-q', 'origin', branch);
    return git('rev-parse', 'HEAD').trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
