// Everything that LocalForge answers on GitHub's face, once with something in it, and the refusals that clients meet most.
import { createSign } from 'node:crypto';
import { exchangeWebFlowCode, getWebFlowAuthorizationUrl } from '@octokit/oauth-methods';
import { request } from '@octokit/request';
import { commit } from './commit.mjs';

const repo = '/repos/acme/shop';

/** Plays it against the forge at `url`; `web` is where its pages are, `app` and `key` its App, `task` lives a task of the product in between. */
export async function play({ url, web, app, key, task }) {
  const call = async (login, method, path, body, { expect, accept } = {}) => {
    const answer = await fetch(`${url}/api/v3${path}`, {
      method,
      redirect: 'manual',
      headers: { ...(login && { authorization: `Bearer ${login.startsWith('token:') ? login.slice(6) : `token-${login}`}` }), ...(accept && { accept }), 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (expect ? answer.status !== expect : answer.status >= 400) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text;
  };
  const get = (login, path, options) => call(login, 'GET', path, undefined, options);
  const post = (login, path, body, options) => call(login, 'POST', path, body, options);
  const until = async (path, wanted) => {
    for (let tries = 0; tries < 2400; tries++) {
      const answer = await get('ada', path);
      if (wanted(answer)) return answer;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`${path} never came to what was wanted`);
  };

  // Who and where.
  await get(null, '');
  await get(null, '/meta');
  await get('ada', '/user');
  await get('ada', '/users/eve');
  await get('ada', '/users/nobody', { expect: 404 });
  await get('nobody', '/user', { expect: 401 });
  await get('ada', '/user/repos?per_page=100&page=1');
  await post('ada', '/user/repos', { name: 'empty', private: true });
  await post('ada', '/user/repos', { name: 'empty' }, { expect: 422 });
  await get('ada', '/repos/ada/empty/git/ref/heads/main', { expect: 409 });
  await get('ada', repo);
  await call('ada', 'PATCH', repo, { default_branch: 'main' });
  await post('eve', `${repo}/forks`, {});
  await get('eve', '/repos/eve/shop');
  await get('ada', `${repo}/collaborators`);
  await get('ada', `${repo}/collaborators/bot/permission`);
  await call('ada', 'PUT', `${repo}/collaborators/eve`, { permission: 'triage' });
  await call('ada', 'DELETE', `${repo}/collaborators/eve`);
  await call('eve', 'DELETE', `${repo}/collaborators/bot`, undefined, { expect: 403 });

  // Code.
  const main = (await get('ada', `${repo}/git/ref/heads/main`)).object.sha;
  await get('ada', `${repo}/branches?per_page=2`);
  await get('ada', `${repo}/branches/main`);
  await get('ada', `${repo}/branches/none`, { expect: 404 });
  await call('ada', 'PUT', `${repo}/branches/main/protection`, { required_status_checks: { strict: true, contexts: [] }, enforce_admins: null, required_pull_request_reviews: null, restrictions: null });
  await get('ada', `${repo}/rules/branches/release/1`);
  await post('bot', `${repo}/git/refs`, { ref: 'refs/heads/agent/1', sha: main });
  await post('bot', `${repo}/git/refs`, { ref: 'refs/heads/agent/1', sha: main }, { expect: 422 });
  const { tree } = await get('bot', `${repo}/git/commits/${main}`);
  await get('bot', `${repo}/git/commits/${'0'.repeat(40)}`, { expect: 404 });
  const made = await post('bot', `${repo}/git/commits`, { message: 'Made by the API', tree: tree.sha, parents: [main] });
  await post('bot', `${repo}/git/commits`, { message: 'Of nothing', tree: '0'.repeat(40), parents: [main] }, { expect: 422 });
  await post('bot', `${repo}/git/refs`, { ref: 'refs/heads/agent/api', sha: made.sha });
  await call('bot', 'PATCH', `${repo}/git/refs/heads/agent/api`, { sha: main }, { expect: 422 });
  await call('bot', 'PATCH', `${repo}/git/refs/heads/none`, { sha: main }, { expect: 422 });
  await call('bot', 'DELETE', `${repo}/git/refs/heads/agent/api`);
  await get('bot', `${repo}/commits?sha=main&per_page=5`);
  await get('bot', `${repo}/commits/${main}`);
  await get('bot', `${repo}/contents/src/pay.txt`);
  await get('bot', `${repo}/contents/src?ref=main`);
  await get('bot', `${repo}/contents/link`);
  await get('bot', `${repo}/contents/none`, { expect: 404 });
  await get('bot', `${repo}/git/blobs/${(await get('bot', `${repo}/contents/src/pay.txt`)).sha}`);

  // Issues.
  await post('ada', `${repo}/labels`, { name: 'agent:implement', color: '6699cc', description: 'For the agent' });
  await post('ada', `${repo}/labels`, { name: 'agent:implement', color: '6699cc' }, { expect: 422 });
  await get('ada', `${repo}/labels`);
  await get('ada', `${repo}/labels/agent:implement`);
  const { number } = await post('ada', `${repo}/issues`, { title: 'Pay twice', body: 'Please', labels: ['agent:implement'] });
  await post('ada', `${repo}/issues`, { title: '' }, { expect: 422 });
  const issue = `${repo}/issues/${number}`;
  await post('ada', `${issue}/labels`, { labels: ['one', 'two'] });
  await get('ada', `${issue}/labels`);
  await call('ada', 'PUT', `${issue}/labels`, { labels: ['one', 'agent:implement'] });
  await post('ada', `${issue}/assignees`, { assignees: ['bot', 'ada'] });
  await call('ada', 'DELETE', `${issue}/assignees`, { assignees: ['ada'] });
  await call('ada', 'DELETE', `${issue}/labels/one`);
  await call('ada', 'DELETE', `${issue}/labels/one`, undefined, { expect: 404 });
  const comment = `${repo}/issues/comments/${(await post('bot', `${issue}/comments`, { body: 'On it' })).id}`;
  await post('bot', `${comment}/reactions`, { content: 'eyes' });
  await post('bot', `${comment}/reactions`, { content: 'eyes' });
  await get('bot', `${comment}/reactions`);
  await post('bot', `${issue}/reactions`, { content: 'rocket' });
  await get('bot', `${issue}/reactions`);
  await call('bot', 'PATCH', comment, { body: 'On it!' });
  await get('bot', comment);
  await get('bot', `${issue}/comments?per_page=1&page=1`);
  await call('ada', 'PATCH', issue, { state: 'closed', title: 'Pay three times' });
  await get('ada', issue);
  await get('ada', `${issue}/events`);
  await call('ada', 'PATCH', issue, { state: 'open', labels: ['agent:implement'] });
  await get('ada', `${repo}/issues?state=all&labels=agent:implement`);
  await get('ada', `${repo}/issues/999`, { expect: 404 });
  await call('bot', 'DELETE', comment);

  // A pull request: the branch gets a commit by git's own door.
  const head = await commit(web, 'agent/1', { 'src/pay.txt': 'one\n2\nthree\nfour\nfive\n', 'src/new.txt': 'new\n' });
  const pull = await post('bot', `${repo}/pulls`, { title: 'Pay twice', head: 'agent/1', base: 'main', body: `Closes #${number}`, draft: true });
  await post('bot', `${repo}/pulls`, { title: 'Again', head: 'agent/1', base: 'main' }, { expect: 422 });
  const at = `${repo}/pulls/${pull.number}`;
  await get('ada', `${repo}/pulls?state=open&head=acme:agent/1&base=main&direction=desc`);
  await get('ada', at);
  await get('ada', at, { accept: 'application/vnd.github.diff' });
  await call('bot', 'PATCH', at, { title: 'Pay two times', body: 'More' });
  await get('ada', `${at}/files`);
  await get('ada', `${at}/commits`);
  await get('ada', `${repo}/compare/main...agent/1`);
  await get('ada', `${at}/merge`, { expect: 404 });
  await call('ada', 'PUT', `${at}/merge`, {}, { expect: 405 });
  await post('bot', `${at}/requested_reviewers`, { reviewers: ['ada'], team_reviewers: [] });
  await post('bot', `${at}/requested_reviewers`, { reviewers: ['nobody'] }, { expect: 422 });
  await call('bot', 'PATCH', `${repo}/issues/${pull.number}`, { labels: ['agent:implement'] });
  await get('ada', `${repo}/issues/${pull.number}`);

  // Reviews.
  const review = await post('ada', `${at}/reviews`, { event: 'REQUEST_CHANGES', body: 'Please change', commit_id: head, comments: [{ path: 'src/pay.txt', line: 2, side: 'RIGHT', body: 'Why a digit?' }] });
  await post('bot', `${at}/reviews`, { event: 'APPROVE' }, { expect: 422 });
  await get('ada', `${at}/reviews`);
  await get('ada', `${at}/reviews/${review.id}`);
  await call('ada', 'PUT', `${at}/reviews/${review.id}`, { body: 'Please change this' });
  const [line] = await get('ada', `${at}/reviews/${review.id}/comments`);
  await post('bot', `${at}/comments/${line.id}/replies`, { body: 'Because' });
  await post('ada', `${at}/comments`, { body: 'And this', path: 'src/new.txt', line: 1, side: 'RIGHT', commit_id: head });
  await get('ada', `${at}/comments`);
  await get('ada', `${repo}/pulls/comments/${line.id}`);
  await call('ada', 'PATCH', `${repo}/pulls/comments/${line.id}`, { body: 'Why a digit here?' });
  await post('bot', `${repo}/pulls/comments/${line.id}/reactions`, { content: '+1' });
  await get('bot', `${repo}/pulls/comments/${line.id}/reactions`);
  const pending = await post('ada', `${at}/reviews`, { body: 'Not yet' });
  await post('ada', `${at}/reviews/${pending.id}/events`, { event: 'APPROVE', body: 'Now' });

  // Checks, statuses, runs.
  const [run] = (await until(`${repo}/actions/runs?head_sha=${head}`, (a) => a.total_count > 1 && a.workflow_runs.every((r) => r.status === 'completed'))).workflow_runs;
  const runs = `${repo}/actions/runs/${run.id}`;
  await get('ada', runs);
  const { jobs } = await get('ada', `${runs}/jobs?filter=all`);
  await get('ada', `${repo}/actions/jobs/${jobs[0].id}`);
  await get('ada', `${repo}/actions/jobs/${jobs[0].id}/logs`);
  await post('ada', `${runs}/rerun-failed-jobs`, {});
  await until(runs, (r) => r.status === 'completed');
  await post('ada', `${runs}/rerun-failed-jobs`, {}, { expect: 403 });
  await post('ada', `${runs}/rerun`, {});
  await until(runs, (r) => r.status === 'completed');
  await post('ada', `${repo}/actions/jobs/${jobs[0].id}/rerun`, {});
  await until(runs, (r) => r.status === 'completed');
  await post('ada', `${runs}/cancel`, undefined, { expect: 409 });
  await call('ada', 'DELETE', `${runs}/logs`);
  await get('ada', `${repo}/actions/jobs/${jobs[0].id}/logs`, { expect: 410 });
  await post('ada', `${repo}/actions/workflows/ci.yml/dispatches`, { ref: 'main' });
  await get('ada', `${repo}/commits/${head}/check-runs?filter=latest&check_name=unit`);
  const { check_suites: [suite] } = await get('ada', `${repo}/commits/${head}/check-suites`);
  await get('ada', `${repo}/check-suites/${suite.id}`);
  await post('robo', `${repo}/check-suites/${suite.id}/rerequest`);
  const check = await post('robo', `${repo}/check-runs`, {
    name: 'evidence', head_sha: head, status: 'completed', conclusion: 'neutral', details_url: 'https://bot.example/1', external_id: '1',
    output: { title: 'T', summary: 'S', text: 'Words', annotations: [{ path: 'src/pay.txt', start_line: 2, end_line: 2, annotation_level: 'notice', message: 'm' }] },
  });
  await post('ada', `${repo}/check-runs`, { name: 'mine', head_sha: head }, { expect: 403 });
  await call('robo', 'PATCH', `${repo}/check-runs/${check.id}`, { conclusion: 'success', output: { title: 'T', summary: 'S' } });
  await get('ada', `${repo}/check-runs/${check.id}`);
  await get('ada', `${repo}/check-runs/${check.id}/annotations`);
  await post('bot', `${repo}/statuses/${head}`, { state: 'success', context: 'evidence', description: 'Words', target_url: 'https://bot.example/1' });
  await get('ada', `${repo}/commits/${head}/status`);
  await get('ada', `${repo}/commits/${head}/statuses`);
  const late = await commit(web, 'late', { 'late.txt': 'x\n', '.github/workflows/ci.yml': 'on: push\njobs:\n  long:\n    steps: [ { run: "sleep 600" } ]\n' });
  const [long] = (await until(`${repo}/actions/runs?head_sha=${late}`, (a) => a.workflow_runs.some((r) => r.status === 'in_progress'))).workflow_runs;
  await post('ada', `${repo}/actions/runs/${long.id}/cancel`);
  await until(`${repo}/actions/runs/${long.id}`, (r) => r.status === 'completed');

  // The merge.
  const node = (await get('bot', at)).node_id;
  await post('bot', '/graphql', { query: 'mutation($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }', variables: { id: node } });
  await call('ada', 'PUT', `${at}/merge`, { sha: main }, { expect: 409 });
  await call('ada', 'PUT', `${at}/merge`, { merge_method: 'squash', commit_title: 'Pay twice', sha: head });
  await get('ada', `${at}/merge`);
  await get('ada', at);
  const { object: { sha: merged } } = await get('ada', `${repo}/git/ref/heads/main`);
  await call('bot', 'PATCH', `${repo}/git/refs/heads/agent/1`, { sha: merged, force: true });
  await call('bot', 'DELETE', `${repo}/git/refs/heads/agent/1`);
  const second = await post('bot', `${repo}/pulls`, { title: 'Late', head: 'late', base: 'main' });
  await call('bot', 'PATCH', `${repo}/pulls/${second.number}`, { state: 'closed' });

  // Hooks, as the repository and as the App see them.
  const [hook] = await get('ada', `${repo}/hooks`);
  await get('ada', `${repo}/hooks/${hook.id}/deliveries?per_page=5`);
  await get('eve', `${repo}/hooks`, { expect: 404 });
  const [attempt] = await get('acme', `${repo}/hooks/${hook.id}/deliveries?per_page=1`);
  await post('acme', `${repo}/hooks/${hook.id}/deliveries/${attempt.id}/attempts`, undefined);
  const jwt = `token:${sign(app, key)}`;
  await get(jwt, '/app/hook/config');
  const [delivery] = await get(jwt, '/app/hook/deliveries?per_page=5');
  await get(jwt, `/app/hook/deliveries/${delivery.id}`);
  await post(jwt, `/app/hook/deliveries/${delivery.id}/attempts`, undefined);

  // The App.
  await get(jwt, '/app');
  const [installation] = await get(jwt, '/app/installations');
  await get(jwt, `/app/installations/${installation.id}`);
  await get(jwt, '/users/acme/installation');
  await get(jwt, `${repo}/installation`);
  const { token } = await post(jwt, `/app/installations/${installation.id}/access_tokens`, { permissions: { issues: 'write' }, repositories: ['shop'] });
  await post(jwt, `/app/installations/${installation.id}/access_tokens`, { permissions: { administration: 'write' } }, { expect: 422 });
  await get(`token:${token}`, '/installation/repositories');
  const { token: pushing } = await post(jwt, `/app/installations/${installation.id}/access_tokens`, { permissions: { contents: 'write' }, repositories: ['shop'] });
  const signed = await post(`token:${pushing}`, `${repo}/git/commits`, { message: 'Signed', tree: tree.sha, parents: [main] });
  if (!signed.verification.verified || made.verification.verified) throw new Error('What an App makes is signed, and nothing else is.');
  await post(`token:${token}`, `${repo}/statuses/${head}`, { state: 'success' }, { expect: 403 });
  const manifest = JSON.stringify({ name: 'Made', url: 'https://app.example', redirect_url: 'https://app.example/back', callback_urls: ['https://app.example/signed-in'], hook_attributes: { url: 'https://app.example/hook' }, default_permissions: { issues: 'write' }, default_events: ['issues'] });
  const agreed = await fetch(`${web}/settings/apps`, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ manifest, state: 's', name: 'Made', owner: 'acme' }) });
  const { client_id: clientId, client_secret: clientSecret } = await post(null, `/app-manifests/${new URL(agreed.headers.get('location')).searchParams.get('code')}/conversions`);
  await post(null, '/app-manifests/none/conversions', undefined, { expect: 404 });

  // Somebody signs in elsewhere by the App that was made.
  const ours = request.defaults({ baseUrl: `${url}/api/v3` });
  const door = getWebFlowAuthorizationUrl({ clientType: 'github-app', clientId, state: 's', redirectUrl: 'https://app.example/signed-in', request: ours }).url;
  const code = await authorize(door, 'ada');
  const flow = { clientType: 'github-app', clientId, clientSecret, redirectUrl: 'https://app.example/signed-in', request: ours };
  const { authentication } = await exchangeWebFlowCode({ ...flow, code });
  await get(`token:${authentication.token}`, '/user');
  await get(`token:${authentication.token}`, '/user/repos', { expect: 403 });
  const refusal = async (options) => (await exchangeWebFlowCode({ ...flow, ...options }).catch((e) => e)).response?.data?.error;
  if (await refusal({ code }) !== 'bad_verification_code' || await refusal({ code: 'x', clientSecret: 'none' }) !== 'incorrect_client_credentials') throw new Error('A code works once, for who knows the secret.');

  // The product itself.
  const done = await commit(web, 'product', { 'src/product.txt': 'one\ntwo\n' });
  await until(`${repo}/commits/${done}/check-runs`, (a) => a.total_count > 1 && a.check_runs.every((r) => r.status === 'completed'));
  await task(`${url}/api/v3`, 'product', async (made) => {
    const { id } = await post('ada', `${repo}/pulls/${made}/reviews`, { event: 'REQUEST_CHANGES', body: 'No', comments: [{ path: 'src/product.txt', line: 2, side: 'RIGHT', body: 'Why?' }] });
    return (await get('ada', `${repo}/pulls/${made}/reviews/${id}/comments`))[0].id;
  });

  // What ends the repository's old life.
  await call('ada', 'PATCH', repo, { name: 'store', archived: true });
  await get('ada', repo, { expect: 301 });
  await post('ada', '/repos/acme/store/issues', { title: 'Too late' }, { expect: 403 });
}

/** Agrees on the page for signing in, as `login`; the code that comes back. */
async function authorize(door, login) {
  const page = await fetch(door);
  const fields = [...(await page.text()).matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [name, value.replaceAll('&amp;', '&')]);
  const answer = await fetch(door.split('?')[0], {
    method: 'POST', redirect: 'manual', headers: { cookie: page.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ') },
    body: new URLSearchParams([...fields, ['actor', login], ['deed', 'authorize']]),
  });
  return new URL(answer.headers.get('location')).searchParams.get('code');
}

function sign(app, key) {
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: now - 30, exp: now + 300, iss: `${app}` })}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
}
