// LocalForge's GitLab face before GitBeaker, a client that others wrote for GitLab: what it asks for is there, and what it gets it can read.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Gitlab } from '@gitbeaker/rest';
import { startDotnetForge } from '../temporal/dotnet.mjs';

const project = 'acme/payments/shop';
let forge;
let folder;
const as = (login, options) => new Gitlab({ host: forge.url, token: `token-${login}`, ...options });
const raw = (address, options = {}, login = 'bot') =>
  fetch(`${forge.url}/api/v4/${address}`, { redirect: 'manual', ...options, headers: { 'private-token': `token-${login}`, 'content-type': 'application/json', ...options.headers } });

before(async () => {
  forge = await startDotnetForge();
  folder = await mkdtemp(path.join(tmpdir(), 'peers-gitlab-'));
});
after(async () => {
  await forge.stop();
  await rm(folder, { recursive: true, force: true });
});

const git = (...args) => execFileSync('git', ['-c', 'user.name=bot', '-c', 'user.email=bot@example.org', ...args], {
  cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' },
});

/** A branch with a change of line two, pushed as GitLab wants it: user oauth2, the token as its password. */
async function push(branch, text = 'one\n2\nthree\nfour\nfive\n') {
  const copy = path.join(folder, branch);
  git('clone', '-q', `${forge.url.replace('//', '//oauth2:token-bot@')}/${project}.git`, copy);
  git('-C', copy, 'checkout', '-qb', branch);
  await writeFile(path.join(copy, 'src', 'pay.txt'), text);
  git('-C', copy, 'commit', '-qam', 'Pay twice');
  git('-C', copy, 'push', '-q', 'origin', branch);
  return git('-C', copy, 'rev-parse', 'HEAD').trim();
}

async function until(ask, wanted) {
  for (let tries = 0; tries < 2400; tries++) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('it never came');
}

/** The status and the message that GitBeaker found in a refusal. */
async function refused(promise) {
  try {
    await promise;
  } catch (e) {
    return [e.cause.response.status, e.cause.description];
  }
  throw new Error('it was not refused');
}

test('a task from its issue to the merge', async () => {
  const [ada, bot, rex] = ['ada', 'bot', 'rex'].map((login) => as(login));
  const rexId = (await bot.Users.showCurrentUser()) && (await rex.Users.showCurrentUser()).id;
  await ada.ProjectLabels.create(project, 'agent::implement', '#6699cc');
  const issue = await ada.Issues.create(project, 'Pay twice', { description: 'Please', labels: 'agent::implement' });
  assert.deepEqual([issue.iid, issue.state, issue.labels, issue.author.username], [1, 'opened', ['agent::implement'], 'ada']);
  await bot.IssueNotes.create(project, issue.iid, 'On it');
  await bot.IssueAwardEmojis.award(project, issue.iid, 'eyes');

  const sha = await push('agent/1');
  const merge = await bot.MergeRequests.create(project, 'agent/1', 'main', 'Draft: Pay twice', { description: 'Closes #1', removeSourceBranch: true, reviewerIds: [rexId] });
  assert.deepEqual([merge.iid, merge.draft, merge.sha, merge.detailed_merge_status], [1, true, sha, 'draft_status'], 'issues and merge requests are counted apart');
  assert.deepEqual(merge.reviewers.map((r) => r.username), ['rex']);

  // A discussion on a line: an added one has a new number alone, and a number of another kind names no line.
  const { diff_refs: refs } = await bot.MergeRequests.show(project, 1);
  const position = { baseSha: refs.base_sha, startSha: refs.start_sha, headSha: refs.head_sha, positionType: 'text', oldPath: 'src/pay.txt', newPath: 'src/pay.txt' };
  const wrong = await refused(rex.MergeRequestDiscussions.create(project, 1, 'Hm', { position: { ...position, newLine: '3' } }));
  assert.equal(wrong[0], 400);
  assert.match(wrong[1], /line_code/);
  const both = await rex.MergeRequestDiscussions.create(project, 1, 'Fine', { position: { ...position, oldLine: '3', newLine: '3' } });
  assert.deepEqual([both.notes[0].position.old_line, both.notes[0].position.new_line], [3, 3]);
  const thread = await rex.MergeRequestDiscussions.create(project, 1, 'Why?', { position: { ...position, newLine: '2' } });
  assert.deepEqual([thread.individual_note, thread.notes[0].type, thread.notes[0].position.new_line], [false, 'DiffNote', 2]);
  await bot.MergeRequestDiscussions.addNote(project, 1, thread.id, 'Because');
  await bot.MergeRequestDiscussions.resolve(project, 1, both.id, true);
  await bot.MergeRequestDiscussions.resolve(project, 1, thread.id, true);
  const seen = (await bot.MergeRequestDiscussions.all(project, 1)).find((d) => d.id === thread.id);
  assert.deepEqual(seen.notes.map((n) => [n.body, n.resolved, n.resolved_by.username]), [['Why?', true, 'bot'], ['Because', true, 'bot']]);

  const asked = await fetch(`${forge.url}/api/graphql`, {
    method: 'POST',
    headers: { authorization: 'Bearer token-rex', 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'mutation($path: ID!, $iid: String!) { mergeRequestRequestChanges(input: {projectPath: $path, iid: $iid}) { errors } }', variables: { path: project, iid: '1' } }),
  });
  assert.deepEqual((await asked.json()).data.mergeRequestRequestChanges.errors, []);
  assert.deepEqual((await bot.MergeRequests.showReviewers(project, 1)).map((r) => [r.user.username, r.state]), [['rex', 'requested_changes']]);

  // The branch's pipeline: a job that fails holds it up, one that may fail does not, and a manual one is not started.
  const pipeline = await until(() => bot.Pipelines.all(project, { sha }), (all) => all[0]?.status === 'failed');
  const jobs = await bot.Jobs.all(project, { pipelineId: pipeline[0].id });
  assert.deepEqual(Object.fromEntries(jobs.map((j) => [j.name, [j.stage, j.status, j.allow_failure]])), {
    unit: ['check', 'success', false], lint: ['check', 'failed', true], flaky: ['check', 'failed', false], deploy: ['ship', 'skipped', true],
  });
  const trace = await bot.Jobs.showLog(project, jobs.find((j) => j.name === 'unit').id);
  assert.match(trace, /section_start:\d+:step_script\r\u001b\[0K/);
  assert.match(trace, /\nall is well\n/);
  assert.match(trace, /Job succeeded/);
  await bot.Pipelines.retry(project, pipeline[0].id);
  const retried = await until(() => bot.Pipelines.show(project, pipeline[0].id), (p) => p.status === 'success');
  assert.equal(retried.id, pipeline[0].id, 'a pipeline that is retried stays the one it was');
  const tries = await bot.Jobs.all(project, { pipelineId: retried.id, includeRetried: true });
  assert.equal(tries.filter((j) => j.name === 'flaky').length, 2);
  assert.equal((await bot.Jobs.all(project, { pipelineId: retried.id })).find((j) => j.name === 'deploy').status, 'manual');
  assert.equal((await bot.MergeRequests.show(project, 1)).head_pipeline.id, retried.id);

  const status = (state) => bot.Commits.editStatus(project, sha, state, { name: 'evidence', description: 'Gathering' });
  const running = await status('running');
  assert.deepEqual(await refused(status('running')), [400, 'Cannot transition status via :run from :running (Reason(s): Status cannot transition via "run")']);
  assert.equal((await status('success')).id, running.id);
  assert.ok((await bot.Commits.allStatuses(project, sha)).some((s) => s.name === 'evidence' && s.status === 'success'));

  const ready = await bot.MergeRequests.edit(project, 1, { title: 'Pay twice' });
  assert.deepEqual([ready.draft, ready.detailed_merge_status], [false, 'requested_changes']);
  assert.equal((await refused(rex.MergeRequests.merge(project, 1)))[0], 405);
  assert.deepEqual(await refused(bot.MergeRequestApprovals.approve(project, 1)), [401, '401 Unauthorized']);
  const approved = await rex.MergeRequestApprovals.approve(project, 1);
  assert.deepEqual(approved.approved_by.map((a) => a.user.username), ['rex']);
  assert.deepEqual(await refused(rex.MergeRequestApprovals.approve(project, 1)), [401, '401 Unauthorized'], 'once more is refused');
  assert.equal((await bot.MergeRequests.show(project, 1)).detailed_merge_status, 'mergeable');
  assert.equal((await refused(rex.MergeRequests.merge(project, 1, { sha: '0'.repeat(40) })))[0], 409);
  const merged = await rex.MergeRequests.merge(project, 1, { sha });
  assert.deepEqual([merged.state, merged.merge_user.username], ['merged', 'rex']);
  assert.equal((await refused(bot.Branches.show(project, 'agent/1')))[1], '404 Branch Not Found', 'the branch is removed with it');

  const system = (await bot.MergeRequestNotes.all(project, 1, { sort: 'asc' })).filter((n) => n.system).map((n) => n.body);
  assert.deepEqual(system, ['resolved all threads', 'requested changes', 'marked this merge request as **ready**', 'approved this merge request']);
  assert.deepEqual((await bot.IssueLabelEvents.all(project, 1)).map((e) => [e.action, e.label.name, e.user.username]), [['add', 'agent::implement', 'ada']]);
});

test('what cannot be is refused in the words of GitLab', async () => {
  const [bot, eve, mia, reader] = ['bot', 'eve', 'mia', 'reader'].map((login) => as(login));
  await push('agent/2', 'one\n2\nthree\nfour\n5\n');
  const merge = await bot.MergeRequests.create(project, 'agent/2', 'main', 'Second');
  assert.deepEqual(await refused(bot.MergeRequests.create(project, 'agent/2', 'main', 'Again')), [409, `["Another open merge request already exists for this source branch: !${merge.iid}"]`]);
  assert.deepEqual(await refused(bot.MergeRequests.create(project, 'agent/2', 'agent/2', 'Itself')), [422, '["You can\'t use same project/branch for source and target"]']);
  await bot.MergeRequestAwardEmojis.award(project, merge.iid, 'eyes');
  assert.deepEqual(await refused(bot.MergeRequestAwardEmojis.award(project, merge.iid, 'eyes')), [404, '404 Award Emoji Name has already been taken Not Found']);
  assert.equal((await refused(bot.MergeRequestAwardEmojis.award(project, merge.iid, 'no such thing')))[0], 404);
  assert.deepEqual(await refused(mia.Projects.show(project)), [404, '404 Project Not Found'], 'what one may not see is not there');
  assert.deepEqual(await refused(bot.ProjectMembers.show(project, (await mia.Users.showCurrentUser()).id, { includeInherited: true })), [404, '404 Not found']);
  assert.equal((await bot.ProjectMembers.show(project, (await eve.Users.showCurrentUser()).id, { includeInherited: true })).access_level, 10);
  assert.equal((await refused(eve.MergeRequests.create(project, 'agent/2', 'main', 'Mine')))[0], 403);
  assert.equal((await eve.IssueNotes.create(project, 1, 'A guest may speak')).author.username, 'eve');
  assert.deepEqual(await refused(reader.IssueNotes.create(project, 1, 'x')), [403, 'insufficient_scope']);
  assert.equal((await reader.Issues.show(1, { projectId: project })).iid, 1);
  assert.deepEqual(await refused(new Gitlab({ host: forge.url, token: 'nobody' }).Users.showCurrentUser()), [401, '401 Unauthorized']);
  assert.equal((await raw('user?private_token=token-bot', { headers: { 'private-token': '' } })).status, 401);
  assert.equal((await as('bot', { token: undefined, oauthToken: 'token-bot' }).Users.showCurrentUser()).username, 'bot');
  assert.deepEqual(await (await raw(`projects/${encodeURIComponent(project)}/issues`, { method: 'POST', body: '{}' })).json(), { error: 'title is missing' });
  assert.deepEqual(await (await raw('no/such/thing')).json(), { error: '404 Not Found' });
  assert.equal((await raw(`projects/${encodeURIComponent(project)}/push_rule`)).status, 404);
});

test('a limit that is reached says when to come back, in plain text', async () => {
  const answers = [];
  for (let i = 0; i < 3; i++) answers.push(await raw('user', {}, 'busy'));
  assert.deepEqual(answers.map((a) => [a.status, a.headers.get('ratelimit-remaining')]), [[200, '1'], [200, '0'], [429, '0']]);
  assert.ok(Number(answers[2].headers.get('retry-after')) > 0);
  assert.equal(await answers[2].text(), 'Retry later\n');
});

test('a long list comes in pages, newest note first', async () => {
  const bot = as('bot');
  const { iid } = await bot.Issues.create(project, 'Long');
  for (let i = 1; i <= 105; i++) await bot.IssueNotes.create(project, iid, `note ${i}`);
  const all = await bot.IssueNotes.all(project, iid, { perPage: 100 });
  assert.deepEqual([all.length, all[0].body, all[104].body], [105, 'note 105', 'note 1']);
  const page = await raw(`projects/${encodeURIComponent(project)}/issues/${iid}/notes?per_page=500&page=2&sort=asc`);
  assert.deepEqual(['x-page', 'x-per-page', 'x-total', 'x-total-pages', 'x-next-page', 'x-prev-page'].map((h) => page.headers.get(h)), ['2', '100', '105', '2', '', '1']);
  assert.deepEqual((await page.json()).map((n) => n.body), ['note 101', 'note 102', 'note 103', 'note 104', 'note 105']);
  assert.equal((await (await raw(`projects/${encodeURIComponent(project)}/issues/${iid}/notes`)).json()).length, 20);
});

test('a project of a subgroup is found by its number and by its path, also the one it had before', async () => {
  const ada = as('ada');
  const shop = await ada.Projects.show(project);
  assert.deepEqual([shop.path_with_namespace, shop.namespace.full_path, shop.namespace.kind, shop.permissions.project_access.access_level], [project, 'acme/payments', 'group', 40]);
  assert.equal((await ada.Projects.show(shop.id)).id, shop.id);
  assert.deepEqual((await ada.Projects.all({ membership: true, minAccessLevel: 40 })).map((p) => p.id), [shop.id]);
  const file = await ada.RepositoryFiles.show(project, 'src/pay.txt', 'main');
  assert.match(Buffer.from(file.content, 'base64').toString(), /^one\n2\n/);
  assert.match(await (await raw(`projects/${shop.id}/repository/files/src%2Fpay.txt/raw`)).text(), /^one\n2\n/);
  assert.deepEqual((await ada.Repositories.allRepositoryTrees(project, { recursive: true })).map((e) => [e.type, e.path]), [['tree', 'src'], ['blob', 'src/pay.txt'], ['blob', '.gitlab-ci.yml']]);
  await ada.Projects.edit(shop.id, { path: 'store' });
  const moved = await raw(`projects/${encodeURIComponent(project)}/issues/1`);
  assert.deepEqual([moved.status, moved.headers.get('location')], [301, `${forge.url}/api/v4/projects/${shop.id}/issues/1`]);
  assert.equal((await ada.Issues.show(1, { projectId: project })).iid, 1, 'a client that follows finds it');
  assert.deepEqual(await refused(ada.IssueNotes.create(project, 1, 'x')), [404, '404 Project Not Found'], 'writing does not follow');
});
