// Sends every operation in the folders beside this file to a server, in the order of their names: as a browser, and as
// storefronts' servers of two kinds. Each folder is one shopper's story. Prints a line for each, and what was wrong.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loginToken } from './app.mjs';
import { Browser, Server, TokenServer } from './caller.mjs';
import { linkIn } from './mail.mjs';
import { differences, fill, find, stories } from './operation.mjs';

const atLeast = 60;
const [url] = process.argv.slice(2);
if (!url) {
  console.error('usage: node run.mjs http://host:port/graphql <SECRETS.json');
  process.exit(2);
}
// What the server's commands printed: of the channel's proxy secret, an app, and the storefront token of each host.
const { proxy, app, tokens: made } = JSON.parse(readFileSync(0, 'utf8'));
const { proxy_secret: proxySecret } = proxy;
const { client_id: clientID, client_secret: clientSecret } = app;
const tokens = Object.fromEntries(Object.entries(made).map(([host, { token }]) => [host, token]));

const language = 'en-US,en;q=0.8';
const callers = {
  browser: (at) => new Browser(at, language),
  server: (at) => new Server(at, language, proxySecret),
  tokens: (at) => new TokenServer(at, language, proxySecret, tokens),
};
const all = stories(dirname(fileURLToPath(import.meta.url)));
const names = new Set(all.flatMap((story) => story.operations.map((operation) => operation.query)));
const taken = new Set(); // mails
let bad = 0;
for (const [caller, start] of Object.entries(callers)) {
  for (const story of all) {
    const at = new URL(url);
    at.hostname = story.operations[0].host ?? at.hostname;
    const shopper = start(at.href);
    const kept = { caller };
    for (const operation of story.operations.filter(({ only }) => !only || only.split(/, */).includes(caller))) {
      bad += (await tell(caller, operation, () => run(shopper, operation, kept))) ? 0 : 1;
    }
  }
}
console.log(`${names.size} operations, each as ${Object.keys(callers).join(', ')}: ${bad === 0 ? 'all as expected' : `${bad} not as expected`}`);
if (names.size < atLeast) console.log(`there should be ${atLeast} at least`);
process.exit(bad === 0 && names.size >= atLeast ? 0 : 1);

// run gives what is wrong; nothing is good.
async function run(shopper, operation, kept) {
  if (operation.mail) {
    const [, address, pattern] = /^(\S+) \/(.+)\/$/.exec(operation.mail);
    Object.assign(kept, await linkIn(new URL(url).origin, fill(`"${address}"`, kept), new RegExp(pattern), taken));
  }
  if (operation.app) {
    const [, name, claims] = /^(\w+) = (.+)$/.exec(operation.app);
    kept[name] = loginToken(clientID, clientSecret, fill(claims, kept));
  }
  const variables = operation.variables && fill(operation.variables, kept);
  const response = await shopper.send({ ...operation, variables, guest: operation.as === 'guest' });
  const body = await response.text();
  if (response.status !== 200) return [`status ${response.status}: ${body}`];
  const answer = JSON.parse(body);
  const wrong = differences(operation, answer, kept);
  for (const [name, path] of operation.keep) {
    [kept[name]] = find(answer, path);
    if (kept[name] === undefined || kept[name] === null) wrong.push(`${path}: nothing to be kept as ${name}`);
  }
  return wrong;
}

async function tell(caller, operation, doIt) {
  const began = performance.now();
  let wrong;
  try {
    wrong = await doIt();
  } catch (error) {
    wrong = [`${error.message}${error.cause ? `: ${error.cause}` : ''}`];
  }
  const took = `${Math.round(performance.now() - began)} ms`;
  console.log(`${caller.padEnd(8)} ${operation.path.replace('.graphql', '').padEnd(44)} ${operation.name.padEnd(34)} ${took.padStart(7)}  ${wrong.length === 0 ? 'ok' : 'NOT AS EXPECTED'}`);
  for (const line of wrong) console.log(line.replace(/^/gm, '    '));
  return wrong.length === 0;
}
