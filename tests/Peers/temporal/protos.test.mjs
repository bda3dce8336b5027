// Every message, field and enum value of our proto subset is the published one.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const protobuf = createRequire(require.resolve('@temporalio/proto'))('protobufjs');
const official = protobuf.Root.fromJSON(require('@temporalio/proto/protos/json-module.js'));
const folder = fileURLToPath(new URL('../../../lib/Temporalio.Protocol/Protos/', import.meta.url));

function loadOurs() {
  const root = new protobuf.Root();
  root.resolvePath = (_, target) => (path.isAbsolute(target) || target.startsWith('google/protobuf/') ? target : path.join(folder, target));
  const files = readdirSync(path.join(folder, 'temporal')).map((f) => path.join(folder, 'temporal', f));
  root.loadSync(files, { keepCase: true });
  return root.resolveAll();
}

function* types(namespace) {
  for (const n of namespace.nestedArray) {
    if (n instanceof protobuf.Type || n instanceof protobuf.Enum) {
      yield n;
    }
    if (n.nestedArray) {
      yield* types(n);
    }
  }
}

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase());
const typeName = (field) => (field.resolvedType ? field.resolvedType.fullName : field.type);

test('our protos are a subset of the published ones', () => {
  official.resolveAll();
  let fields = 0;
  const ours = [...types(loadOurs().lookup('temporal'))];
  for (const type of ours) {
    const published = official.lookup(type.fullName);
    if (!published && type.fullName.startsWith('.temporal.api.testservice.')) {
      continue; // Not in the package; the worker's core has it.
    }
    assert.ok(published, `${type.fullName} is not published`);
    if (type instanceof protobuf.Enum) {
      for (const [name, number] of Object.entries(type.values)) {
        assert.equal(published.values[name], number, `${type.fullName}.${name}`);
      }
      continue;
    }
    for (const field of type.fieldsArray) {
      const name = `${type.fullName}.${field.name}`;
      const other = published.fields[camel(field.name)] ?? published.fields[field.name];
      assert.ok(other, `${name} is not published`);
      assert.equal(field.id, other.id, `${name}: number`);
      assert.equal(typeName(field), typeName(other), `${name}: type`);
      assert.equal(field.repeated, other.repeated, `${name}: repeated`);
      assert.equal(field.map, other.map, `${name}: map`);
      assert.equal(field.keyType, other.keyType, `${name}: key`);
      assert.equal(field.partOf?.name && camel(field.partOf.name), other.partOf?.name && camel(other.partOf.name), `${name}: oneof`);
      fields++;
    }
  }
  assert.ok(ours.length > 150 && fields > 600, `${ours.length} types, ${fields} fields were compared`);
});
