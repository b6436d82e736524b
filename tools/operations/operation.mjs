// Operations as files: a GraphQL document below comments that say what is sent with it and what has to come back.
//
//   # What it is, and who sends it.
//   # variables: {"first": 2, "after": "{cursor}"}
//   # expect: customer.addresses.edges.*.node.city = ["Austin", "Berlin"]
//   # keep: cursor = customer.addresses.pageInfo.endCursor
//   query GetAddresses($first: Int, $after: String) { ... }
//
// Values are JSON, in which {name} stands for something that was kept earlier in the story; {caller} is browser or server. An
// expected one may also be <something>, <number>, <text> or /a regular expression/. A path leads into data; one that begins with
// errors into the errors of the request, of which there must be none otherwise. Further lines:
//
//   # addition                    it needs what this server has beyond the contract
//   # as: guest                   it is sent without the shopper's cookie
//   # from: https://example.net   a browser sends it from a page of another site
//   # mail: address /pattern/     first waits for a mail with a link like that, and keeps the pattern's named groups
//   # app: name = {"customer_id": 1}   first has an app sign a customer login token with these claims, and keeps it as name
//   # only: browser, server        only these callers send it
//   # host: localhost             the whole story is that of the store which answers there; said in its first file
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const directives = ['variables', 'expect', 'keep', 'as', 'from', 'mail', 'app', 'host', 'only'];

// stories gives the operations of each folder, in the order of their names.
export function stories(folder) {
  const found = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return found.map(({ name }) => name).sort().map((name) => ({
    name,
    operations: readdirSync(join(folder, name)).filter((file) => file.endsWith('.graphql')).sort()
      .map((file) => parse(`${name}/${file}`, readFileSync(join(folder, name, file), 'utf8'))),
  }));
}

function parse(path, text) {
  const operation = { path, query: text.replace(/^(#.*\n)*/, '').trim(), expect: [], keep: [], variables: undefined };
  for (const [, name, value] of text.matchAll(/^# (\w+): (.+)$/gm)) {
    if (!directives.includes(name)) continue;
    if (name === 'expect' || name === 'keep') {
      const [, left, right] = /^(\S+) = (.+)$/.exec(value) ?? fail(path, `"${name}: ${value}" is not like "a = b"`);
      operation[name].push([left, right]);
    } else {
      operation[name] = value;
    }
  }
  [, operation.type, operation.name] = /^(query|mutation) (\w+)/m.exec(operation.query) ?? fail(path, 'the operation has no name');
  if (operation.expect.length === 0) fail(path, 'nothing is expected');
  return operation;
}

function fail(path, text) {
  throw new Error(`${path}: ${text}`);
}

// fill puts kept values in place of {name} in a text of JSON, and reads it.
export function fill(text, kept) {
  return JSON.parse(filled(text, kept));
}

function filled(text, kept) {
  return text.replace(/\{([a-z]\w*)\}/gi, (_, name) => {
    if (!(name in kept)) fail(text, `nothing was kept as ${name}`);
    return JSON.stringify(String(kept[name])).slice(1, -1);
  });
}

// find follows a path into an answer; * is every entry of a list.
export function find(answer, path) {
  const steps = path.split('.');
  const start = steps[0] === 'errors' ? answer : answer.data;
  return steps.reduce((values, step) => (step === '*' ? values.flat() : values.map((v) => v?.[step])), [start]);
}

// differences compares an answer with what the operation expects, a line each.
export function differences(operation, answer, kept) {
  const out = [];
  const invalid = (answer.errors ?? []).filter((error) => error.extensions?.code === 'GRAPHQL_VALIDATION_FAILED');
  if (invalid.length > 0) return invalid.map((error) => `does not validate: ${error.message}`);
  if (answer.errors && !operation.expect.some(([path]) => path.startsWith('errors'))) {
    out.push(`errors: got ${JSON.stringify(answer.errors)}, want none`);
  }
  for (const [path, want] of operation.expect) {
    const found = find(answer, path);
    const got = path.includes('*') ? found : found[0];
    if (!fits(got, want, kept)) out.push(`${path}\n  got  ${JSON.stringify(got)}\n  want ${filled(want, kept)}`);
  }
  return out;
}

function fits(got, want, kept) {
  switch (want) {
    case '<something>': return got !== null && got !== undefined;
    case '<number>': return typeof got === 'number';
    case '<text>': return typeof got === 'string' && got !== '';
  }
  const pattern = /^\/(.+)\/$/.exec(want);
  if (pattern) return typeof got === 'string' && new RegExp(pattern[1], 'u').test(got);
  return got !== undefined && JSON.stringify(sorted(got)) === JSON.stringify(sorted(fill(want, kept)));
}

// sorted orders the fields of objects, so that texts of equal ones are equal.
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}
