// Holds exchanges against GitHub's own description of its REST API: of the release that LocalForge says it is.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/** A judge of exchanges: each is { method, path, query, body, status, type, answer }, and gets a list of what GitHub would not have done. */
export function makeJudge(release) {
  const description = JSON.parse(readFileSync(new URL(`node_modules/@octokit/openapi/generated/ghes-${release}.json`, import.meta.url)));
  spellOutNull(description);
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  ['repo.nwo', 'ssh-key', 'ssh-key fingerprint', 'ip/cidr'].forEach((name) => ajv.addFormat(name, true));
  ajv.addSchema(description, 'github');
  const operations = Object.entries(description.paths).flatMap(([template, item]) => methods.filter((m) => item[m]).map((m) => ({ method: m.toUpperCase(), template, item, details: item[m], ...shapeOf(template) })));
  const resolve = (thing) => (thing?.$ref ? thing.$ref.slice(2).split('/').reduce((at, key) => at[key], description) : thing);
  const pointer = (...keys) => `github#/${keys.map((k) => encodeURIComponent(k.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
  const compiled = new Map();
  const check = (where, value) => {
    if (!compiled.has(where)) compiled.set(where, ajv.compile({ $ref: where }));
    const validate = compiled.get(where);
    return validate(value) ? [] : tell(validate.errors);
  };
  // Where a response or parameter is a reference, so is what it holds.
  const schemaAt = (owner, keys, thing, ...rest) => (thing?.$ref ? pointer(...thing.$ref.slice(2).split('/'), ...rest) : pointer('paths', ...owner, ...keys, ...rest));

  return (exchange) => {
    const found = operations.filter((o) => o.method === exchange.method && o.pattern.test(exchange.path)).sort((a, b) => b.weight - a.weight)[0];
    if (!found) return { name: `${exchange.method} ${exchange.path}`, deviations: ['is no operation'] };
    const verb = found.method.toLowerCase();
    const owner = [found.template, verb];
    const name = `${found.method} ${found.template}`;
    const deviations = [];

    // What was asked: only where it was granted, for a refusal is often the point.
    if (exchange.status < 400) {
      const parameters = [...(found.item.parameters ?? []), ...(found.details.parameters ?? [])].map(resolve).filter((p) => p.in === 'query');
      for (const key of exchange.query.keys()) {
        if (!parameters.some((p) => p.name === key)) deviations.push(`has no query parameter ${key}`);
      }
      const content = resolve(found.details.requestBody)?.content?.['application/json'];
      if (exchange.body !== undefined && !content) deviations.push('takes no body');
      if (exchange.body !== undefined && content) {
        deviations.push(...check(schemaAt(owner, ['requestBody'], found.details.requestBody, 'content', 'application/json', 'schema'), exchange.body).map((e) => `request ${e}`));
      }
    }

    const response = found.details.responses[exchange.status];
    if (!response) return { name, deviations: [...deviations, `does not answer ${exchange.status}`] };
    const types = resolve(response).content ?? {};
    if (exchange.answer === undefined) {
      if (Object.keys(types).length > 0 && exchange.status !== 304) deviations.push(`${exchange.status} has a body`);
    } else if (exchange.type.includes('json')) {
      const type = Object.keys(types).find((t) => t.includes('json'));
      if (!type) deviations.push(`${exchange.status} has no body of JSON`);
      else deviations.push(...check(schemaAt(owner, ['responses', `${exchange.status}`], response, 'content', type, 'schema'), exchange.answer).map((e) => `${exchange.status} ${e}`));
    }
    return { name, deviations };
  };
}

/** The last parameter of a template may hold slashes, as branches and paths do; what is spelled out weighs more than what is not. */
function shapeOf(template) {
  const parts = template.split('/');
  const source = parts.map((part, i) => part.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, i >= 4 ? '.+?' : '[^/]+')).join('/');
  return { pattern: new RegExp(`^${source}$`), weight: parts.filter((p) => !p.includes('{')).length };
}

// OpenAPI 3.0 says "nullable" beside a schema; JSON Schema has a type for it.
function spellOutNull(node) {
  if (Array.isArray(node)) return node.forEach(spellOutNull);
  if (node === null || typeof node !== 'object') return undefined;
  Object.values(node).forEach(spellOutNull);
  if (node.nullable !== true) return undefined;
  delete node.nullable;
  if (typeof node.type === 'string' && !node.enum && !node.allOf && !node.anyOf && !node.oneOf) {
    node.type = [node.type, 'null'];
  } else {
    const rest = { ...node };
    for (const key of Object.keys(node)) delete node[key];
    node.anyOf = [rest, { type: 'null' }];
  }
  return undefined;
}

// Where in a list it stands does not matter, nor that it is not null where it may be; what is missing of one object is told at once.
function tell(errors) {
  const missing = new Map();
  const others = new Set();
  for (const { keyword, instancePath, message, params } of errors) {
    const place = instancePath.replace(/\/\d+(?=\/|$)/g, '/*') || '/';
    if (keyword === 'required') missing.set(place, (missing.get(place) ?? new Set()).add(params.missingProperty));
    else if (!['anyOf', 'oneOf', 'if'].includes(keyword) && params.type !== 'null') others.add(`${place} ${message}`);
  }
  const told = [...[...missing].map(([place, names]) => `${place} lacks ${[...names].sort().join(', ')}`), ...others];
  return told.length > 0 ? told : errors.map((e) => `${e.instancePath || '/'} ${e.message}`);
}
