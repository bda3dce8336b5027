// What the product writes, with hostile text in it, as GitHub's own dialect renders it: parsed by remark with GFM, GitHub's references and
// mathematics. Each document is held against the same one with plain words in place of the hostile ones: nothing may come of these but text.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { unified } from 'unified';
import remarkParse from 'remark-parse';
import remarkGfm from 'remark-gfm';
import remarkGithub from 'remark-github';
import remarkMath from 'remark-math';
import { gfmAutolinkLiteralFromMarkdown } from 'mdast-util-gfm-autolink-literal';
import { readDotnetWords } from '../temporal/dotnet.mjs';

const renderer = unified().use(remarkParse).use(remarkGfm).use(remarkMath).use(remarkGithub, { repository: 'acme/shop' });

// What text may become: itself, in more or fewer paragraphs; ids of commits are shown as code.
const free = new Set(['root', 'paragraph', 'text', 'inlineCode', 'break']);

// References of GitLab's, which are looked for in the rendered text, outside of code.
const references = [/@[\w]/, /#[0-9]/, /![0-9]/, /&[0-9]/, /\$[0-9]/, /%["\w]/, /~["\w]/, /\[\w+:[^\]\s]+\]/, /\*iteration:/, /\bwww\./i, /:\/\//, /\b[A-Z][A-Z0-9]+-[0-9]/];

function walk(node, visit) {
  visit(node);
  for (const child of node.children ?? []) {
    walk(child, visit);
  }
}

// A title or a commit message is no Markdown: only addresses and references in it become links.
function linksOf(text) {
  const tree = { type: 'root', children: [{ type: 'paragraph', children: [{ type: 'text', value: text }] }] };
  for (const transform of gfmAutolinkLiteralFromMarkdown().transforms) {
    transform(tree);
  }
  let links = 0;
  walk(renderer.runSync(tree), (node) => (links += node.type === 'link' ? 1 : 0));
  return links;
}

const rendered = new Map();

function render(markdown) {
  if (!rendered.has(markdown)) rendered.set(markdown, renderAnew(markdown));
  return rendered.get(markdown);
}

function renderAnew(markdown) {
  const tree = renderer.runSync(renderer.parse(markdown));
  const counts = {};
  const codes = [];
  let text = '';
  walk(tree, (node) => {
    if (!free.has(node.type)) {
      const kind = node.type === 'listItem' && node.checked !== null ? 'task' : node.type;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    if (node.type === 'text') text += node.value;
    if (!['text', 'inlineCode', 'strong', 'emphasis', 'link'].includes(node.type)) text += '\n';
    if (node.type === 'inlineCode') {
      codes.push(node.value);
      text += '\u0001';
    }
  });
  return { counts, codes, text };
}

const count = (text, pattern) => [...text.matchAll(new RegExp(pattern, pattern.flags.includes('i') ? 'gi' : 'g'))].length;

// As a reader sees it, without gaps, spaces and what code shows apart.
const seen = (text) => text.replace(/[\u200b\u0001\s]/gu, '');

let documents = [];
before(async () => {
  documents = await readDotnetWords();
});

function each(check) {
  const wrong = [];
  for (const d of documents) {
    try {
      check(d);
    } catch (e) {
      wrong.push(`${d.place} / ${d.kind}: ${e.message.split('\n').slice(0, 12).join(' ')}\n${JSON.stringify(d.document.slice(0, 400))}`);
    }
  }
  assert.equal(wrong.length, 0, `${wrong.length} of ${documents.length}:\n${wrong.slice(0, 12).join('\n\n')}`);
}

test('there are enough of them', () => {
  assert.ok(documents.length >= 500, `${documents.length} documents`);
  assert.ok(new Set(documents.map((d) => d.kind)).size >= 100);
  assert.ok(documents.every((d) => d.document !== d.plain));
});

test('the renderer makes something of hostile text that nobody escaped', () => {
  const live = documents.filter((d) => d.place === 'title').filter((d) => Object.keys(render(d.text).counts).length > 0);
  assert.ok(live.length >= 60, `${live.length} texts are live by themselves`);
});

test('hostile text in comments and bodies becomes no link, image, HTML, mention, reference or structure', () =>
  each((d) => {
    if (d.form === 'line' || d.form === 'commit') return;
    const [plain, hostile] = [render(d.plain), render(d.document)];
    assert.deepEqual(hostile.counts, plain.counts);
    if (d.form === 'text' || d.form === 'quote') {
      const own = hostile.codes.filter((c) => !plain.codes.includes(c));
      assert.ok(own.every((c) => /^[0-9a-fA-F-]{7,}$/.test(c)), `code: ${own}`);
    }
  }));

test('hostile text in titles and commits becomes no link, mention or reference', () =>
  each((d) => {
    if (d.form !== 'line' && d.form !== 'commit') return;
    // A number or a word stays what it is, and links only where a commit's id begins so.
    if (d.kind === 'commit of digits' || d.kind === 'commit of letters') return;
    assert.equal(linksOf(d.document), linksOf(d.plain));
  }));

test('hostile text holds no reference that GitLab would take up', () =>
  each((d) => {
    if (d.form === 'code') return;
    // Of a title or commit nothing is markup.
    const text = (markdown) => (d.form === 'line' || d.form === 'commit' ? markdown : render(markdown).text);
    for (const pattern of references) {
      // "UTF-8" and a ticket that nothing closes stay words in commits.
      if ((d.form === 'line' || d.form === 'commit') && pattern.source.startsWith('\\b[A-Z]')) continue;
      assert.equal(count(text(d.document), pattern), count(text(d.plain), pattern), `${pattern}`);
    }
  }));

test('hostile text holds no command, no word for CI and nothing hidden', () =>
  each((d) => {
    assert.ok(!/^[ \t]*\/[A-Za-z][\w-]*(\s|$)/m.test(d.document), 'a command at the start of a line');
    assert.ok(!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u200c-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff]|[\u{e0000}-\u{e0fff}]|\p{Cs}/u.test(d.document), 'something hidden');
    assert.ok(!/\u0301{7}/.test(d.document), 'stacked marks');
    assert.ok(!d.document.slice(0, -1).includes('<!--'), 'a marker');
    if (d.place.startsWith('pull request') || d.form === 'commit' || d.form === 'line') {
      assert.ok(!/\[(skip|no|ci|azurepipelines)[ -](ci|actions|skip)\]|\*\*\*NO_CI|skip-checks *:|^[\s|*]*BREAKING[ -]CHANGE[:\s]|BEGIN_COMMIT_OVERRIDE/im.test(d.document), 'a word for CI');
      assert.ok(!/\b(clos\w+|fix\w*|resolv\w+):? +(([\w/-]*#|GH-)[0-9]|https?:\/\/|[A-Z][A-Z0-9]+-[0-9])/i.test(d.document.replace('Closes #7', '')), 'a closing word');
    }
  }));

test('what is neither hidden nor cut can still be read', () =>
  each((d) => {
    if ((d.form !== 'text' && d.form !== 'quote') || d.text.length > 200 || /[\u0000-\u0008\u000b-\u001f\u0085\u034f\u200b-\u202e\u2066\u2029\u3164\ufeff]|[\u{e0000}-\u{e0fff}]|\p{Cs}|\u0301|evil\.example "t"/u.test(d.text)) return;
    const { text, codes } = render(d.document);
    let i = 0;
    const whole = text.replaceAll('\u0001', () => codes[i++] ?? '');
    // Where a place takes less than all of it, its beginning.
    assert.ok(seen(whole).includes(seen(d.text).slice(0, 40)), seen(whole));
  }));
