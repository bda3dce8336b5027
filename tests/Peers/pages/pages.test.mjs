// LocalForge's pages in a real browser: a person opens an issue, labels and discusses it, reviews a pull request and merges it, on a phone too.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { commit } from '../github/commit.mjs';
import { startDotnetForge } from '../temporal/dotnet.mjs';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const skip = executablePath ? false : 'no browser is installed; Debian has it as the package chromium';
let forge;
let url;
let browser;
let page;
const foreign = [];
const problems = [];
const api = async (login, method, path, body) => {
  const answer = await fetch(`${url}/api/v3/repos/acme/shop${path}`, { method, headers: { authorization: `Bearer token-${login}` }, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path} answered ${answer.status}`);
  return answer.json();
};

before(async () => {
  if (skip) return;
  forge = await startDotnetForge('github');
  ({ url } = JSON.parse(forge.url));
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  page.setDefaultTimeout(60_000);
  page.on('request', (request) => request.url().startsWith(`${url}/`) || foreign.push(request.url()));
  page.on('console', (message) => message.type() === 'error' && !message.location().url.endsWith('/favicon.ico') && problems.push(message.text()));
});
after(async () => {
  await browser?.close();
  await forge?.stop();
});

const as = (form, login) => form.getByLabel('as').selectOption(login);
const formWith = (name) => page.locator('form').filter({ has: page.getByRole('button', { name, exact: true }) });
const press = (form, name) => form.getByRole('button', { name, exact: true }).click();

test('an issue is opened, labelled, discussed, closed and opened again', { skip }, async () => {
  await page.goto(`${url}/acme/shop`);
  await page.getByText('New issue').click();
  const open = formWith('Create issue');
  await open.getByLabel('Title').fill('Pay <i>twice</i>');
  await open.getByLabel('Text').fill('Please **do**\n\nand soon');
  await as(open, 'eve');
  await press(open, 'Create issue');
  await page.waitForURL(/issues\/1$/);
  assert.equal(await page.locator('h1').innerText(), 'Pay <i>twice</i> #1');

  await formWith('Add label').getByLabel('Label').fill('agent:implement');
  await as(formWith('Add label'), 'ada');
  await press(formWith('Add label'), 'Add label');
  await page.locator('.label', { hasText: 'agent:implement' }).waitFor();
  assert.equal(await formWith('Comment').first().getByLabel('as').inputValue(), 'ada', 'who acted last is offered again');
  await formWith('Close').getByLabel('Comment').fill('/agent help');
  await press(formWith('Close'), 'Comment');
  await page.waitForURL(/#issuecomment-\d+$/);
  await press(formWith('Close'), 'Close');
  await page.locator('.badge.closed').waitFor();
  await press(formWith('Re-open'), 'Re-open');
  await page.locator('.badge.open').waitFor();

  const issue = await api('ada', 'GET', '/issues/1');
  assert.deepEqual([issue.user.login, issue.body, issue.state, issue.labels.map((l) => l.name)], ['eve', 'Please **do**\n\nand soon', 'open', ['agent:implement']]);
  assert.deepEqual((await api('ada', 'GET', '/issues/1/comments')).map((c) => [c.user.login, c.body]), [['ada', '/agent help']]);
});

test('a pull request is reviewed on a line, approved and merged', { skip }, async () => {
  await commit(url, 'feature', { 'src/pay.txt': 'one\n2\nthree\nfour\nfive\n' });
  const { number } = await api('bot', 'POST', '/pulls', { title: 'Pay twice', head: 'feature', base: 'main', body: 'Closes #1', draft: true });
  await page.goto(`${url}/acme/shop/pull/${number}`);
  assert.equal(await page.getByRole('button', { name: 'Merge', exact: true }).count(), 0, 'a draft is not merged');
  await press(formWith('Ready for review'), 'Ready for review');
  await page.locator('.badge.open').waitFor();

  // On a phone: the number in the diff fills in the form, and nothing is wider than the screen.
  await page.setViewportSize({ width: 380, height: 800 });
  await page.locator('.diff .add a').click();
  await page.waitForURL(/#review$/);
  assert.deepEqual([await page.getByLabel('File').inputValue(), await page.getByLabel('Line').inputValue(), await page.getByLabel('Version').inputValue()], ['src/pay.txt', '2', 'RIGHT']);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), 'the page scrolls sideways');
  const review = formWith('Approve');
  for (const field of await review.locator('select:visible, textarea:visible, input:visible').all()) {
    const box = await field.boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= (await review.boundingBox()).x + (await review.boundingBox()).width, 'a field leaves its form');
  }
  await review.getByLabel('Summary').fill('Nearly');
  await review.getByLabel('Remark').fill('Why a digit?');
  await press(review, 'Request changes');
  await page.waitForURL(/#pullrequestreview-\d+$/);
  await page.getByText('requested changes').waitFor();

  await page.setViewportSize({ width: 1200, height: 900 });
  await press(formWith('Approve'), 'Approve');
  await page.getByText('approved').first().waitFor();
  await press(formWith('Squash and merge'), 'Squash and merge');
  await page.locator('.badge.merged').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Close', exact: true }).count(), 0, 'what is merged is not closed');

  assert.deepEqual((await api('ada', 'GET', `/pulls/${number}/reviews`)).map((r) => [r.user.login, r.state, r.body]), [['ada', 'CHANGES_REQUESTED', 'Nearly'], ['ada', 'APPROVED', '']]);
  assert.deepEqual((await api('ada', 'GET', `/pulls/${number}/comments`)).map((c) => [c.path, c.line, c.side, c.body]), [['src/pay.txt', 2, 'RIGHT', 'Why a digit?']]);
  assert.equal((await api('ada', 'GET', `/pulls/${number}`)).merged_by.login, 'ada');
});

test('a page of another site sends no form here', { skip }, async () => {
  const other = await browser.newPage();
  await other.route('https://elsewhere.example/', (route) => route.fulfill({ contentType: 'text/html', body: `<form method="post" action="${url}/acme/shop/issues/1"><input name="deed" value="comment"><input name="body" value="forged"><input name="actor" value="acme"><button>go</button></form>` }));
  await other.goto('https://elsewhere.example/');
  await other.getByRole('button').click();
  await other.getByText('Refused').first().waitFor();
  assert.ok((await api('ada', 'GET', '/issues/1/comments')).every((c) => c.body !== 'forged'));
});

test('nothing was loaded from elsewhere, and the browser had nothing to complain of', { skip }, () => {
  assert.deepEqual([foreign, problems], [[], []]);
});
